import { type TargetFixture, targetContract } from "../../src/contract/target-contract.ts";
import { type RemoteOptions, RemoteRegistry } from "../../src/stores/remote/index.ts";
import { type RegistryOptions, registryMoods, startRegistry, moodUser as user } from "../support/registry/index.ts";

interface Mood extends Omit<TargetFixture, "open" | "atomicOnce"> {
  readonly registry: RegistryOptions;
  readonly remote?: Pick<RemoteOptions, "supports" | "prefix" | "chunkBytes" | "allowDummyManifest">;
}

/** Short enough for most blobs of the contract to be cut. */
const chunkBytes = 64 * 1024;
/** Short enough for what the contract pushes ahead of its digest. */
const aheadBytes = 64 * 1024;

/** One registry in each of its tempers; the contract holds in all of them. */
const moods: readonly Mood[] = [
  { name: "remote, referrers API", registry: {} },
  { name: "remote, referrers by tag", registry: { referrers: "tag" } },
  {
    name: "remote, pages of two, no deletion, no catalog",
    registry: { pageSize: 2, noDelete: true, noCatalog: true },
    remote: { supports: { delete: false, untag: false } },
    catalog: false,
  },
  {
    name: "remote, bearer tokens, referrers by tag, tags cannot be deleted",
    registry: { auth: { kind: "bearer", ...user }, referrers: "tag", noTagDelete: true },
    remote: { supports: { untag: false }, prefix: "team/models" },
  },
  { name: "remote, basic auth", registry: { auth: { kind: "basic", ...user } } },
  {
    name: "remote, few headers: no digest, no HEAD of manifests, no ranges, no filter, no OCI-Subject",
    registry: {
      noDigestHeader: true,
      noManifestHead: true,
      noRange: true,
      noReferrersFilter: true,
      noSubjectHeader: true,
      noMount: true,
      lists: { unordered: true },
    },
    remote: { supports: { mount: false } },
  },
  { name: "remote, OCI-Subject without a referrers API", registry: { falseSubjectHeader: true } },
  {
    name: "remote, tags with a digest in one request, sha512",
    registry: { tagParameter: true, referrers: "tag" },
    sha512: true,
  },
  { name: "remote, nothing but PATCH", registry: { chunkOnly: true } },
  {
    name: "remote, pieces, uploads that can be resumed",
    registry: { uploads: { cut: "keep" } },
    remote: { chunkBytes },
  },
  {
    name: "remote, tags removed by way of a manifest",
    registry: { noTagDelete: true },
    remote: { allowDummyManifest: true },
  },
  ...registryMoods,
  ...registryMoods.map((mood) => ({
    ...mood,
    name: `${mood.name}, asked for pieces`,
    only: ["blobs", "abort"] as const,
    remote: { ...mood.remote, chunkBytes },
  })),
];

for (const { registry: options, remote = {}, ...mood } of moods) {
  targetContract({
    ...mood,
    // Over HTTP there is no compare-and-swap.
    atomicOnce: false,
    offers: ["receive", "pushAhead"],
    async open() {
      const server = await startRegistry(options);
      const registry = new RemoteRegistry({
        host: server.host,
        aheadBytes,
        ...remote,
        credentials: async () => user,
        retry: { minDelayMs: 2, maxDelayMs: 10 },
      });
      return {
        registry,
        close: () => server.close(),
        corrupt: async (repository, digest) => {
          server.corrupt(remote.prefix ? `${remote.prefix}/${repository}` : repository, digest);
        },
      };
    },
  });
}
