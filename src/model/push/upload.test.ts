import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listOf, rejectsWith } from "../../../test/support/expect.ts";
import { scratchDirectory, writeTree } from "../../../test/support/scratch.ts";
import type { TransferEvent } from "../../base/events.ts";
import type { BlobSource } from "../../oci/source.ts";
import { MemoryRegistry, type MemoryRepository } from "../../stores/memory/index.ts";
import { buildModel, type ModelArtifact } from "./build.ts";
import { uploadModel } from "./upload.ts";

interface Upload {
  readonly root: string;
  readonly artifact: ModelArtifact;
  readonly store: MemoryRepository;
}

async function prepare(tree: Record<string, string> = { "a.json": "12345", "w.bin": "weights" }): Promise<Upload> {
  const root = await scratchDirectory();
  await writeTree(root, tree);
  const artifact = await buildModel({ paths: [root], name: "m" });
  return { root, artifact, store: new MemoryRegistry().repository("m") };
}

const hasManifest = ({ store, artifact }: Upload) => store.exists(artifact.manifest.descriptor);

test("upload: stores blobs and manifest, without a tag", async () => {
  const { store, artifact } = await prepare();
  await uploadModel(store, artifact);
  expect(await store.resolve(artifact.manifest.descriptor.digest)).toMatchObject({
    size: artifact.manifest.raw.length,
  });
  expect(await listOf(store.tags())).toEqual([]);
});

test("upload: tells what moves, and the second time that nothing does", async () => {
  const { store, artifact } = await prepare();
  const run = async () => {
    const events: TransferEvent[] = [];
    await uploadModel(store, artifact, { concurrency: 1, onEvent: (event) => events.push(event) });
    return events;
  };
  const bytes = artifact.config.descriptor.size + 5 + 7;
  expect(await run()).toEqual([
    { type: "begin", phase: "push", files: 3, bytes },
    { type: "bytes", phase: "push", path: "config", bytes: bytes - 12 },
    { type: "file", phase: "push", path: "config", outcome: "done" },
    { type: "bytes", phase: "push", path: "a.json", bytes: 5 },
    { type: "file", phase: "push", path: "a.json", outcome: "done" },
    { type: "bytes", phase: "push", path: "w.bin", bytes: 7 },
    { type: "file", phase: "push", path: "w.bin", outcome: "done" },
    { type: "end", phase: "push" },
  ]);
  expect((await run()).filter(({ type }) => type === "file")).toEqual(
    ["config", "a.json", "w.bin"].map((path) => ({ type: "file", phase: "push", path, outcome: "present" })),
  );
});

test("upload: looks for nothing in a store that is known to be complete", async () => {
  const { store, artifact } = await prepare();
  store.exists = () => Promise.reject(new Error("asked"));
  const events: TransferEvent[] = [];
  await uploadModel(store, artifact, { isComplete: true, onEvent: (event) => events.push(event) });
  expect(events.flatMap((event) => (event.type === "file" ? [event.outcome] : []))).toEqual(Array(3).fill("present"));
});

test("upload: sends equal files once, and empty files too", async () => {
  const { store, artifact } = await prepare({ "a.json": "same", "b.json": "same", "empty.bin": "" });
  const pushed: string[] = [];
  const push = store.push.bind(store);
  store.push = (source: BlobSource, options) => {
    pushed.push(source.descriptor.digest);
    return push(source, options);
  };
  await uploadModel(store, artifact);
  expect(pushed).toHaveLength(4);
  expect(new Set(pushed).size).toBe(4);
});

test.each([
  ["grew", "12345678", "TRAILING_DATA"],
  ["shrank", "12", "SIZE_MISMATCH"],
  ["changed", "54321", "DIGEST_MISMATCH"],
])("upload: a file that %s since it was hashed is named, and no manifest is stored", async (_, content, code) => {
  const upload = await prepare();
  await writeFile(join(upload.root, "a.json"), content);
  const error = await rejectsWith(uploadModel(upload.store, upload.artifact), code);
  expect(error.message).toMatch(/^a\.json: /);
  expect(await hasManifest(upload)).toBe(false);
});

test("upload: a small file inside an archive that changed is named", async () => {
  const tree = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`${index}.json`, "{}"]));
  const upload = await prepare(tree);
  await writeFile(join(upload.root, "77.json"), "[]");
  const error = await rejectsWith(uploadModel(upload.store, upload.artifact), "DIGEST_MISMATCH");
  expect(error.message).toContain("77.json");
  expect(await hasManifest(upload)).toBe(false);
});

test("upload: a file that has gone is named", async () => {
  const upload = await prepare();
  await rm(join(upload.root, "w.bin"));
  const error = await rejectsWith(uploadModel(upload.store, upload.artifact), "FILE_MISSING");
  expect(error.message).toContain("w.bin");
  expect(await hasManifest(upload)).toBe(false);
});

test("upload: interrupted, it leaves no manifest; run again, it moves the rest", async () => {
  const upload = await prepare();
  const abort = new AbortController();
  const onEvent = (event: TransferEvent) => {
    if (event.type === "file" && event.path === "a.json") abort.abort(new Error("interrupted"));
  };
  const options = { concurrency: 1, signal: abort.signal, onEvent };
  await expect(uploadModel(upload.store, upload.artifact, options)).rejects.toThrow("interrupted");
  expect(await hasManifest(upload)).toBe(false);
  const moved: string[] = [];
  await uploadModel(upload.store, upload.artifact, {
    onEvent: (event) => event.type === "file" && event.outcome === "done" && moved.push(event.path),
  });
  expect(moved).toEqual(["w.bin"]);
  expect(await hasManifest(upload)).toBe(true);
});
