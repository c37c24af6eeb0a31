import { expect } from "vitest";
import type { CallOptions, Repository } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { manifestSource } from "../../oci/pack.ts";
import { bytesOf, listOf } from "../expect.ts";
import { pushArtifact, seededArtifact, seededBlob, slowSource } from "../fixtures.ts";
import type { DefineCase } from "../target-contract.ts";

type Call = (repository: Repository, target: Descriptor, options: CallOptions) => Promise<unknown>;

const calls: Readonly<Record<string, Call>> = {
  fetch: (repository, target, options) => bytesOf(repository.fetch(target, options)),
  fetchRange: (repository, target, options) => bytesOf(repository.fetchRange(target, { start: 0, end: 1 }, options)),
  exists: (repository, target, options) => repository.exists(target, options),
  "push of a blob": (repository, _target, options) => repository.push(seededBlob(2), options),
  "push of a manifest": (repository, _target, options) =>
    repository.push(manifestSource(seededArtifact(3).manifest), options),
  resolve: (repository, _target, options) => repository.resolve("v1", options),
  tag: (repository, target, options) => repository.tag(target, "v2", options),
  untag: (repository, _target, options) => repository.untag("v1", options),
  delete: (repository, target, options) => repository.delete(target, options),
  mount: (repository, target, options) => repository.mount(target, repository.name, options),
  tags: (repository, _target, options) => listOf(repository.tags(options)),
  referrers: (repository, target, options) => listOf(repository.referrers(target, options)),
};

/** What a caller aborts ends with the very reason it gave, and does nothing. */
export function abortCases(define: DefineCase): void {
  for (const [name, call] of Object.entries(calls)) {
    define(`abort: ${name} does nothing under a signal that is aborted`, async ({ repository }) => {
      const target = await pushArtifact(repository, seededArtifact(1));
      await repository.tag(target, "v1");
      const reason = new Error("enough");
      await expect(call(repository, target, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect((await repository.resolve("v1")).digest).toBe(target.digest);
      expect(await listOf(repository.tags())).toEqual(["v1"]);
    });
  }

  define("abort: repositories does nothing under a signal that is aborted", async ({ registry }) => {
    const reason = new Error("enough");
    await expect(listOf(registry.repositories({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });

  define("abort: a push stops in the middle and keeps nothing", async ({ repository }) => {
    const blob = seededBlob(1, 1_000_000);
    const stop = new AbortController();
    const reason = new Error("enough");
    let pieces = 0;
    const source = slowSource(blob, 100_000, () => {
      pieces += 1;
      if (pieces === 3) stop.abort(reason);
    });
    await expect(repository.push(source, { signal: stop.signal })).rejects.toBe(reason);
    expect(pieces).toBeLessThan(10);
    expect(await repository.exists(blob.descriptor)).toBe(false);
  });

  define("abort: a fetch stops in the middle", async ({ repository }) => {
    const blob = seededBlob(1, 4 * 1024 * 1024);
    await repository.push(blob);
    const stop = new AbortController();
    const reason = new Error("enough");
    const read = async () => {
      for await (const _chunk of repository.fetch(blob.descriptor, { signal: stop.signal })) stop.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
  });
}
