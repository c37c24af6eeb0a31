import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { type RegistryOptions, startRegistry } from "../support/registry/index.ts";
import { type TargetFixture, targetContract } from "./target-contract.ts";

const user = { username: "ann", password: "correct horse: ü" };

interface Mood extends Omit<TargetFixture, "open" | "atomicOnce"> {
  readonly registry: RegistryOptions;
  readonly supports?: { readonly delete?: boolean; readonly untag?: boolean; readonly mount?: boolean };
  readonly prefix?: string;
}

/** One registry in each of its tempers; the contract holds in all of them. */
const moods: readonly Mood[] = [
  { name: "remote, referrers API", registry: {} },
  { name: "remote, referrers by tag", registry: { referrers: "tag" } },
  {
    name: "remote, pages of two, no deletion, no catalog",
    registry: { pageSize: 2, noDelete: true, noCatalog: true },
    supports: { delete: false, untag: false },
    catalog: false,
  },
  {
    name: "remote, bearer tokens, referrers by tag, tags cannot be deleted",
    registry: { auth: { kind: "bearer", ...user }, referrers: "tag", noTagDelete: true },
    supports: { untag: false },
    prefix: "team/models",
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
    },
    supports: { mount: false },
  },
  { name: "remote, OCI-Subject without a referrers API", registry: { falseSubjectHeader: true } },
];

for (const { registry: options, supports = {}, prefix, ...mood } of moods) {
  targetContract({
    ...mood,
    // Over HTTP there is no compare-and-swap.
    atomicOnce: false,
    async open() {
      const server = await startRegistry(options);
      const registry = new RemoteRegistry({
        host: server.host,
        ...(prefix ? { prefix } : {}),
        supports,
        credentials: async () => user,
        retry: { minDelayMs: 2, maxDelayMs: 10 },
      });
      return {
        registry,
        close: () => server.close(),
        corrupt: async (repository, digest) => server.corrupt(prefix ? `${prefix}/${repository}` : repository, digest),
      };
    },
  });
}
