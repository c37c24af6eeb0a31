import { type TargetFixture, targetContract } from "../../src/contract/target-contract.ts";
import { type RemoteOptions, RemoteRegistry } from "../../src/stores/remote/index.ts";
import { onRegistries } from "./support/on-registries.ts";
import type { RegistryName } from "./support/start-registry.ts";

type Traits = Pick<TargetFixture, "sha512" | "catalog" | "gaps" | "unreliable"> & Pick<RemoteOptions, "supports">;

/** What each registry can do. A gap has its reason; one that closes turns the run red. */
const traits: Record<RegistryName, Traits> = {
  "docker-registry": {
    sha512: false,
    // DELETE of a tag is answered with 400 DIGEST_INVALID.
    supports: { untag: false },
    gaps: {
      "manifest: may come after the same bytes came as a blob": "2.8 finds a blob under /manifests/<digest>",
      "resolve: a blob is not a manifest": "2.8 answers 500 when a blob is asked for as a manifest",
    },
  },
  distribution: { sha512: false },
  olareg: {
    sha512: true,
    catalog: false,
    unreliable: {
      "referrers: many attached at once are all listed": "loses referrers of parallel writers",
    },
  },
  zot: { sha512: true },
  "zot-1.4": {
    sha512: false,
    gaps: {
      "manifest: is refused before the blobs it names are there": "1.4 looks for no blobs",
    },
  },
};

onRegistries((host, name) => {
  const { supports, ...fixture } = traits[name];
  targetContract({
    name,
    // None of them has a compare-and-swap for tags.
    atomicOnce: false,
    offers: ["receive", "pushAhead"],
    ...fixture,
    open: async () => ({
      registry: new RemoteRegistry({ host: host(), ...(supports ? { supports } : {}) }),
      close: async () => {},
    }),
  });
});
