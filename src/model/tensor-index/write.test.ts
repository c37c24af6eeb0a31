import { cp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { scratchDirectory, type Tree, writeTree } from "../../../test/support/scratch.ts";
import { sharded } from "../../../test/support/versions.ts";
import { digestOf } from "../../base/digest.ts";
import type { TransferEvent } from "../../base/events.ts";
import { type PushModelOptions, pushModel } from "../../push-model.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import { DigestCache } from "../../transfer/digest-cache.ts";
import { tensorIndexType } from "../media-types.ts";
import { findTensorIndexes } from "./find.ts";
import { IndexCache } from "./index-cache.ts";

async function directoryOf(tree: Tree): Promise<string> {
  const root = await scratchDirectory();
  await writeTree(root, tree);
  return root;
}

const small = sharded({ tensors: 20 });
/** Above 64 MiB, in one blob. */
const many = Object.fromEntries(
  Array.from({ length: 26 }, (_, at) => [`${at}.safetensors`, small["model.safetensors"]!] as const),
);

/** A minute passes: files that were written just now are not remembered. */
function waitAMinute(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  onTestFinished(() => void vi.useRealTimers());
}

async function push(root: string, options: PushModelOptions, store = new MemoryRegistry().repository("m")) {
  let hashed = 0;
  const onEvent = (event: TransferEvent) => {
    if (event.type === "bytes" && event.phase === "hash") hashed += event.bytes;
  };
  const pushed = await pushModel(store, { paths: [root], name: "m" }, { ...options, onEvent });
  const { descriptor, value } = pushed.artifact.manifest;
  const indexes = [];
  for await (const referrer of store.referrers(descriptor, { artifactType: tensorIndexType })) indexes.push(referrer);
  const found = await findTensorIndexes(store, descriptor, value.layers);
  return { store, pushed, indexes, hashed, files: [...found.files.values()].map(({ path }) => path) };
}

test("push: a model gets one index when asked, with each large file, and none below 64 MiB unasked", async () => {
  const root = await directoryOf({ ...small, "x.gguf.txt": Buffer.alloc(2_000_000, "a"), "config.json": "{}" });
  expect(await push(root, {})).toMatchObject({ indexes: [], pushed: { version: "v1" } });
  expect(await push(root, { index: "never" })).toMatchObject({ indexes: [] });
  const { pushed, indexes, files } = await push(root, { index: "always" });
  expect(indexes).toMatchObject([{ digest: pushed.index }]);
  expect(files).toEqual(["model.safetensors", "x.gguf.txt"]);
});

test("push: above 64 MiB safetensors alone without being asked, the same everywhere; when asked the others are added", async () => {
  const large = { ...many, "x.bin": Buffer.alloc(2_000_000, "a") };
  const root = await directoryOf(large);
  const [one, other] = [await push(root, {}), await push(await directoryOf(large), {})];
  expect(one).toMatchObject({ indexes: [{ digest: one.pushed.index }], files: ["0.safetensors"] });
  expect(other.pushed.index).toBe(one.pushed.index);
  const asked = await push(root, { index: "always" }, one.store);
  expect(asked.indexes).toHaveLength(2);
  expect(asked.files.toSorted()).toEqual(["0.safetensors", "x.bin"]);
});

test("push: again it is attached to nothing twice; where it is missing, remembered files are read for it", async () => {
  const root = await directoryOf(small);
  const digests = await DigestCache.open(`${await scratchDirectory()}/digests`);
  waitAMinute();
  const first = await push(root, { index: "never", digests });
  expect((await push(root, { index: "never", digests }, first.store)).hashed).toBe(0);
  const second = await push(root, { index: "always", digests }, first.store);
  expect(second).toMatchObject({ indexes: [{ digest: second.pushed.index }], pushed: { outcome: "present" } });
  expect(second.hashed).toBe(small["model.safetensors"]!.byteLength);
  const third = await push(root, { index: "always", digests }, first.store);
  expect(third).toMatchObject({ hashed: 0, indexes: second.indexes });
});

test("push: of a model with one new file only that is read, also for the index", async () => {
  const [root, caches] = [
    await directoryOf({ "a.safetensors": small["model.safetensors"]! }),
    await scratchDirectory(),
  ];
  const digests = await DigestCache.open(join(caches, "digests"));
  const indexes = new IndexCache(join(caches, "indexes"));
  const options = { index: "always", digests, indexes } as const;
  waitAMinute();
  const { store } = await push(root, options);
  const added = Buffer.alloc(1_500_000, "new");
  await writeTree(root, { "b.bin": added });
  const { hashed, files } = await push(root, options, store);
  expect(hashed).toBe(added.byteLength);
  expect(files).toEqual(["a.safetensors", "b.bin"]);
});

test("IndexCache: gives back what was put, under the present path; what is damaged, or another file's, is not there", async () => {
  const directory = join(await scratchDirectory(), "indexes");
  const cache = new IndexCache(directory);
  const digest = digestOf("x".repeat(10));
  const file = { path: "a", digest, size: 10, entries: [{ offset: 0, length: 10, sha256: digest.slice(7) }] };
  expect(await cache.get(file)).toBeUndefined();
  await cache.put([file]);
  expect(await cache.get({ path: "b", digest, size: 10 })).toEqual({ ...file, path: "b" });
  expect(await cache.get({ path: "b", digest, size: 11 })).toBeUndefined();
  const other = join(directory, `${digestOf("other").slice(7)}.json`);
  await cp(join(directory, `${digest.slice(7)}.json`), other);
  expect(await cache.get({ path: "b", digest: digestOf("other"), size: 10 })).toBeUndefined();
  await writeFile(other, "{");
  expect(await cache.get({ path: "b", digest: digestOf("other"), size: 10 })).toBeUndefined();
  const many = Array.from({ length: 300 }, (_, at) => ({ ...file, digest: digestOf(String(at)) }));
  await cache.put(many);
  expect(await readdir(directory)).toHaveLength(256);
  // In the place of the directory is a file: nothing is remembered, and nothing fails.
  const inTheWay = `${directory}-file`;
  await writeFile(inTheWay, "");
  const unwritable = new IndexCache(inTheWay);
  await unwritable.put([file]);
  expect(await unwritable.get(file)).toBeUndefined();
});

test("push: an index that cannot be attached is a warning, unless it was asked for", async () => {
  const { StoreError } = await import("../../oci/errors.ts");
  const root = await directoryOf(many);
  const refusing = () => {
    const store = new MemoryRegistry().repository("m");
    const push = store.push.bind(store);
    store.push = async (source, options) => {
      if (source.descriptor.mediaType === tensorIndexType) throw new StoreError("UNSUPPORTED", "no such thing");
      await push(source, options);
    };
    return store;
  };
  expect(await push(root, {}, refusing())).toMatchObject({
    indexes: [],
    pushed: { version: "v1", indexProblem: "no such thing" },
  });
  await expect(push(root, { index: "always" }, refusing())).rejects.toThrow("no such thing");
});
