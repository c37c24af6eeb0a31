import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { type TargetFixture, targetContract } from "../contract/target-contract.ts";
import { onRegistries } from "./support/on-registries.ts";
import type { RegistryName } from "./support/start-registry.ts";

/** What each registry can do. A gap has its reason; one that closes turns the run red. */
const traits: Record<RegistryName, Pick<TargetFixture, "sha512" | "catalog" | "gaps">> = {
  "docker-registry": { sha512: false },
  distribution: { sha512: false },
  olareg: { sha512: true },
  zot: { sha512: true },
};

onRegistries((host, name) => {
  targetContract({
    name,
    // None of them has a compare-and-swap for tags.
    atomicOnce: false,
    ...traits[name],
    open: async () => ({ registry: new RemoteRegistry({ host: host() }), close: async () => {} }),
  });
});
