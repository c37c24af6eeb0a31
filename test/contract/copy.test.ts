import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TransferEvent } from "../../src/base/events.ts";
import type { Registry, Repository } from "../../src/oci/content.ts";
import { copy } from "../../src/oci/copy.ts";
import { type Descriptor, identity } from "../../src/oci/descriptor.ts";
import { CopyError } from "../../src/oci/errors.ts";
import { manifestSource } from "../../src/oci/pack.ts";
import { LayoutRegistry } from "../../src/stores/layout/index.ts";
import { MemoryRegistry } from "../../src/stores/memory/index.ts";
import { RemoteRegistry } from "../../src/stores/remote/index.ts";
import { bytesOf, listOf, rejectsWith } from "../support/expect.ts";
import { indexOf, pushArtifact, seededArtifact, seededBlob } from "../support/fixtures.ts";
import { type RegistryOptions, startRegistry } from "../support/registry/index.ts";

type Open = () => Promise<{ readonly registry: Registry; close(): Promise<void> }>;

const remote = (options: RegistryOptions): Open => {
  return async () => {
    const server = await startRegistry(options);
    const registry = new RemoteRegistry({ host: server.host, retry: { retries: 2, minDelayMs: 2, maxDelayMs: 10 } });
    return { registry, close: () => server.close() };
  };
};

/** One store of each kind, and the two tempers of a registry that matter to a copy. */
const kinds: Readonly<Record<string, Open>> = {
  memory: async () => ({ registry: new MemoryRegistry(), close: async () => {} }),
  layout: async () => {
    const root = await mkdtemp(join(tmpdir(), "mreg-copy-"));
    return { registry: new LayoutRegistry({ root }), close: () => rm(root, { recursive: true, force: true }) };
  },
  "remote with the referrers API": remote({}),
  "remote with fallback tags": remote({ referrers: "tag", noMount: true }),
};

const pairs = Object.keys(kinds).flatMap((from) => Object.keys(kinds).map((to) => [from, to] as const));

describe.each(pairs)("copy from %s to %s", (from, to) => {
  const opened: { readonly registry: Registry; close(): Promise<void> }[] = [];
  let source: Repository;
  let destination: Repository;
  beforeEach(async () => {
    for (const kind of [from, to]) opened.push(await (kinds[kind] as Open)());
    source = (opened[0] as { registry: Registry }).registry.repository("ml/risk");
    destination = (opened[1] as { registry: Registry }).registry.repository("ml/risk");
  });
  afterEach(async () => {
    for (const { registry, close } of opened.splice(0)) {
      await registry.close();
      await close();
    }
  });

  it("brings a manifest, its blobs and last of all its tag, byte for byte", async () => {
    const artifact = seededArtifact(1, { layers: [seededBlob(1, 1_300_000), seededBlob(2), seededBlob(3, 1)] });
    const root = await pushArtifact(source, artifact);
    const report = await copy(source, destination, root, { tag: "v1" });
    expect(report).toMatchObject({
      manifests: { copied: 1, present: 0 },
      blobs: { copied: 4, present: 0 },
      skipped: [],
    });
    expect(await destination.resolve("v1")).toEqual(identity(root));
    for (const { descriptor, open } of [...artifact.blobs, manifestSource(artifact.manifest)])
      expect(await bytesOf(destination.fetch(descriptor))).toEqual(await bytesOf(open()));
  });

  it("moves nothing when everything is there", async () => {
    const root = await pushArtifact(source, seededArtifact(1));
    await copy(source, destination, root, { tag: "v1" });
    const again = await copy(source, destination, root, { tag: "v1" });
    expect(again).toMatchObject({ manifests: { copied: 0, present: 1 }, blobs: { copied: 0, present: 2 }, bytes: 0 });
  });

  it("brings all manifests of an index, nested ones too, before the index itself", async () => {
    const leaves: Descriptor[] = [];
    for (const seed of [1, 2, 3]) leaves.push(identity(await pushArtifact(source, seededArtifact(seed))));
    const inner = indexOf(leaves.slice(0, 2));
    const outer = indexOf([identity(inner.descriptor), ...leaves.slice(1)]);
    for (const index of [inner, outer]) await source.push(manifestSource(index));
    const report = await copy(source, destination, outer.descriptor);
    // Every leaf shares the empty config, and one of them is named twice: each is sent once.
    expect(report).toMatchObject({ manifests: { copied: 5 }, blobs: { copied: 4 } });
    for (const each of [...leaves, inner.descriptor, outer.descriptor])
      expect(await destination.exists(each)).toBe(true);
  });

  it("brings referrers and referrers of referrers on request, and each once", async () => {
    const root = await pushArtifact(source, seededArtifact(1));
    const evidence: Descriptor[] = [];
    for (const seed of [2, 3, 4])
      evidence.push(await pushArtifact(source, seededArtifact(seed, { subject: identity(root) })));
    const about = evidence[0] as Descriptor;
    const signature = await pushArtifact(source, seededArtifact(5, { subject: identity(about) }));
    const bare = await copy(source, destination, root);
    expect(bare.manifests.copied).toBe(1);
    const full = await copy(source, destination, root, { referrers: true });
    expect(full.manifests).toEqual({ copied: 4, present: 1 });
    const listed = (await listOf(destination.referrers(root))).map(({ digest }) => digest);
    expect(listed.sort()).toEqual(evidence.map(({ digest }) => digest).sort());
    expect((await listOf(destination.referrers(about))).map(({ digest }) => digest)).toEqual([signature.digest]);
    const again = await copy(source, destination, root, { referrers: true });
    expect(again).toMatchObject({ manifests: { copied: 0, present: 5 }, bytes: 0 });
  });

  it("copies an attachment without its subject", async () => {
    const root = await pushArtifact(source, seededArtifact(1));
    const evidence = await pushArtifact(source, seededArtifact(2, { subject: identity(root) }));
    await copy(source, destination, evidence);
    expect(await destination.exists(root)).toBe(false);
    expect((await listOf(destination.referrers(root))).map(({ digest }) => digest)).toEqual([evidence.digest]);
  });

  it("says which side failed, keeps the cause, and leaves no manifest without its content", async () => {
    const artifact = seededArtifact(1);
    const absent = artifact.manifest.descriptor;
    const error = await rejectsWith(copy(source, destination, absent, { tag: "v1" }), "COPY_FAILED");
    expect(error).toBeInstanceOf(CopyError);
    expect(error).toMatchObject({ side: "source", operation: "fetch", descriptor: { digest: absent.digest } });
    expect(error.cause).toMatchObject({ code: "NOT_FOUND" });
    await rejectsWith(destination.resolve("v1"), "NOT_FOUND");
  });

  it("refuses to move a tag that must be written once", async () => {
    const [one, two] = [await pushArtifact(source, seededArtifact(1)), await pushArtifact(source, seededArtifact(2))];
    await copy(source, destination, one, { tag: "v1", once: true });
    const error = await rejectsWith(copy(source, destination, two, { tag: "v1", once: true }), "COPY_FAILED");
    expect(error).toMatchObject({ side: "destination", operation: "tag", cause: { code: "CONFLICT" } });
    expect((await destination.resolve("v1")).digest).toBe(one.digest);
  });

  it("ends with the signal's own reason when it is aborted", async () => {
    const root = await pushArtifact(source, seededArtifact(1, { layers: [1, 2, 3].map((seed) => seededBlob(seed)) }));
    const abort = new AbortController();
    const onEvent = ({ type }: TransferEvent) =>
      type === "file" && abort.abort(new DOMException("enough", "AbortError"));
    await expect(copy(source, destination, root, { signal: abort.signal, onEvent, concurrency: 1 })).rejects.toThrow(
      "enough",
    );
    expect(await destination.exists(root)).toBe(false);
  });

  it("tells listeners what is to come and what has become of it", async () => {
    const root = await pushArtifact(source, seededArtifact(1, { layers: [seededBlob(1, 70_000)] }));
    const events: TransferEvent[] = [];
    const { bytes } = await copy(source, destination, root, { onEvent: (event) => events.push(event) });
    expect(events[0]).toEqual({ type: "begin", phase: "copy", files: 0, bytes: 0 });
    expect(events.at(-1)).toEqual({ type: "end", phase: "copy" });
    const expected = events.flatMap((event) => (event.type === "more" ? event.bytes : []));
    const moved = events.flatMap((event) => (event.type === "bytes" ? event.bytes : []));
    expect(sum(moved)).toBe(bytes);
    if (to !== "memory" && to !== "layout") expect(sum(expected)).toBe(bytes);
    expect(events.filter(({ type }) => type === "file")).toHaveLength(3);
  });
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
