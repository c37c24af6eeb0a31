import { mkdir, open, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchDirectory, type Tree, writeTree } from "../../../test/support/scratch.ts";
import { sharded, tensorBytes } from "../../../test/support/versions.ts";
import { digestOf } from "../../base/digest.ts";
import { type Descriptor, describe as describeBytes } from "../../oci/descriptor.ts";
import { emptyJson, packManifest } from "../../oci/pack.ts";
import { bytesSource } from "../../oci/source.ts";
import { MemoryRegistry, type MemoryRepository } from "../../stores/memory/index.ts";
import { PieceHasher } from "../../transfer/pieces/index.ts";
import { tensorIndexType } from "../media-types.ts";
import { bytesReader } from "../weights/range-reader.ts";
import { readWeightsHeader } from "../weights/weights-header.ts";
import { attachTensorIndex } from "./attach.ts";
import { buildTensorIndex, describeCutFile, indexSplit } from "./build.ts";
import { planDelta } from "./delta.ts";
import type { IndexedFile, TensorIndex } from "./document.ts";
import { findLocalFiles } from "./local-files.ts";
import { findLocalPieces } from "./local-pieces.ts";

const model: Descriptor = describeBytes("application/vnd.oci.image.manifest.v1+json", Buffer.from("the model"));

async function indexOf(tree: Tree): Promise<TensorIndex> {
  const files: IndexedFile[] = [];
  for (const [path, content] of Object.entries(tree)) {
    const bytes = Buffer.from(content);
    const header = await readWeightsHeader(bytesReader(bytes), path);
    const hasher = new PieceHasher(indexSplit(bytes.byteLength, header)!);
    hasher.update(bytes);
    files.push(
      describeCutFile({ path, digest: digestOf(bytes), size: bytes.byteLength, header, pieces: hasher.end() }),
    );
  }
  return buildTensorIndex(files)!;
}

async function storeWith(...indexes: readonly TensorIndex[]): Promise<MemoryRepository> {
  const store = new MemoryRegistry().repository("m");
  for (const index of indexes) await attachTensorIndex(store, model, index);
  return store;
}

interface Upgrade {
  readonly older: Tree;
  readonly newer: Tree;
  readonly store?: MemoryRepository;
  /** Default: the target itself. */
  readonly in?: "target" | "another directory" | "a cache" | "a hub's cache";
}

/** Plans an upgrade and follows the plan: how many bytes must be fetched, and whether the result is right. */
async function upgrade({ older, newer, store, ...how }: Upgrade) {
  const [target, other] = [await scratchDirectory(), await scratchDirectory()];
  const isCache = how.in === "a cache" || how.in === "a hub's cache";
  const isOther = how.in === "another directory" || isCache;
  const names = Object.entries(older).map(([path, content]) => [isCache ? digestOf(content).slice(7) : path, content]);
  await writeTree(join(isOther ? other : target, isCache ? "blobs" : ""), Object.fromEntries(names) as Tree);
  if (how.in === "a hub's cache") {
    for (const [path, content] of Object.entries(older)) {
      await symlink(join("blobs", digestOf(content).slice(7)), join(other, path));
    }
  }
  const staging = join(target, ".staging");
  await mkdir(staging);
  const files = Object.entries(newer).map(([path, content]) => {
    return { path, digest: digestOf(content), size: Buffer.byteLength(content) };
  });
  const from = isOther && how.in !== "a cache" ? [other] : [];
  const blobs = how.in === "a cache" ? { blobs: join(other, "blobs") } : {};
  const delta = await planDelta({
    store: store ?? (await storeWith(await indexOf(newer))),
    model,
    files,
    target,
    staging,
    from,
    ...blobs,
  });
  let fetched = 0;
  let requests = 0;
  let isRight = true;
  for (const [path, content] of Object.entries(newer)) {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes);
    const built = Buffer.alloc(bytes.byteLength);
    let at = 0;
    for (const { start, end, location, offset } of [
      ...(delta.reuse.get(digest) ?? []),
      { start: bytes.byteLength, end: bytes.byteLength, location: "", offset: 0 },
    ]) {
      expect(start).toBeGreaterThanOrEqual(at);
      bytes.copy(built, at, at, start);
      fetched += start - at;
      if (start > at) requests++;
      at = end;
      if (end === start) continue;
      const file = await open(location);
      await file.read(built, start, end - start, offset);
      await file.close();
    }
    isRight &&= digestOf(built) === digest;
    // As a pull does it, one file after the other: later ones must not have lost their source.
    await writeFile(join(target, `${path}.new`), built);
    await rename(join(target, `${path}.new`), join(target, path));
  }
  return { fetched, requests, isRight, problems: delta.problems };
}

const v1 = { tensors: 40 };
const v2 = { tensors: 40, changed: [3, 4, 17, 39] };
const [first, second] = Object.entries(sharded({ ...v1, shards: 2 }));
const swapped = { [first![0]]: second![1], [second![0]]: first![1] };
const changedBytes = 4 * tensorBytes;

describe("of a version with 10 % of the tensors changed, little more than they are fetched", () => {
  test.each<[string, Upgrade]>([
    ["in place", { older: sharded(v1), newer: sharded(v2) }],
    ["from another directory", { older: sharded(v1), newer: sharded(v2), in: "another directory" }],
    ["from another shard layout", { older: sharded({ ...v1, shards: 3 }), newer: sharded({ ...v2, shards: 4 }) }],
    ["from the same shards in place", { older: sharded({ ...v1, shards: 4 }), newer: sharded({ ...v2, shards: 4 }) }],
    ["from shards that have swapped names in place", { older: swapped, newer: sharded({ ...v2, shards: 2 }) }],
    ["after an edit of the header", { older: sharded(v1), newer: sharded({ ...v2, note: "x".repeat(777) }) }],
    ["from a cache", { older: sharded(v1), newer: sharded(v2), in: "a cache" }],
    ["from a hub's cache, by its links", { older: sharded(v1), newer: sharded(v2), in: "a hub's cache" }],
    [
      "under another name",
      { older: { "deep/er/old.safetensors": sharded(v1)["model.safetensors"]! }, newer: sharded(v2) },
    ],
  ])("%s", async (_, how) => {
    const { fetched, isRight, problems } = await upgrade(how);
    expect(problems).toEqual([]);
    expect(isRight).toBe(true);
    expect(fetched).toBeGreaterThanOrEqual(changedBytes);
    const headers =
      Object.values(how.newer).reduce((sum, bytes) => sum + Buffer.byteLength(bytes), 0) - 40 * tensorBytes;
    expect(fetched).toBeLessThanOrEqual(changedBytes + headers);
  });

  test("a changed header alone costs the header; neighbours are fetched together", async () => {
    const edited = await upgrade({ older: sharded(v1), newer: sharded({ ...v1, note: "new" }) });
    expect(edited).toMatchObject({ isRight: true, requests: 1 });
    expect(edited.fetched).toBeLessThan(8192);
    // 3 and 4; 17; 39.
    expect(await upgrade({ older: sharded(v1), newer: sharded(v2) })).toMatchObject({ requests: 3 });
  });

  test("other formats are matched by content, behind an insertion, too", async () => {
    const bytes = sharded({ tensors: 32 })["model.safetensors"]!;
    const newer = Buffer.concat([bytes.subarray(0, 1_000_000), Buffer.from("inserted"), bytes.subarray(1_000_000)]);
    const { fetched, isRight } = await upgrade({ older: { "w.bin": bytes }, newer: { "w.bin": newer } });
    expect(isRight).toBe(true);
    expect(fetched).toBeLessThan(512 * 1024);
  });
});

describe("an index is only a claim", () => {
  const [older, newer] = [sharded(v1), sharded(v2)];

  test("about another file, of another size, malformed or missing: nothing is reused, and it is said", async () => {
    const valid = await indexOf(newer);
    const elsewhere = await storeWith(await indexOf(older));
    expect(await upgrade({ older, newer, store: elsewhere })).toMatchObject({
      problems: [/describes none/].map((text) => expect.stringMatching(text)),
    });
    const store = await storeWith({ ...valid, files: [] });
    expect((await upgrade({ older, newer, store })).problems).toHaveLength(1);
    const bad = new MemoryRegistry().repository("m");
    const junk = Buffer.from('{"schemaVersion":1}');
    const layer = bytesSource(describeBytes(tensorIndexType, junk), junk);
    await bad.push(emptyJson);
    await bad.push(layer);
    for (const layers of [[layer.descriptor], [layer.descriptor, layer.descriptor], []]) {
      const manifest = packManifest({ artifactType: tensorIndexType, layers, subject: model });
      await bad.push(bytesSource(manifest.descriptor, manifest.raw));
    }
    const { problems, fetched } = await upgrade({ older, newer, store: bad });
    expect(problems).toHaveLength(3);
    expect(fetched).toBe(newer["model.safetensors"]!.byteLength);
    expect(await upgrade({ older, newer, store: new MemoryRegistry().repository("m") })).toMatchObject({
      problems: [],
    });
  });

  test("one that lies about digests makes a wrong file, which its digest tells", async () => {
    const valid = await indexOf(newer);
    const old = await indexOf(older);
    const lie = { ...valid, files: [{ ...valid.files[0]!, entries: old.files[0]!.entries }] };
    expect(await upgrade({ older, newer, store: await storeWith(lie) })).toMatchObject({ isRight: false });
  });

  test("of several, four with the lowest digests are read", async () => {
    const valid = await indexOf(newer);
    const strangers = Array.from({ length: 9 }, (_, at) => ({
      ...valid,
      files: [{ ...valid.files[0]!, path: `${at}.bin` }],
    }));
    const store = await storeWith(...strangers);
    let fetches = 0;
    const fetch = store.fetch.bind(store);
    store.fetch = (target, options) => {
      fetches++;
      return fetch(target, options);
    };
    expect(await upgrade({ older, newer, store })).toMatchObject({ isRight: true, problems: [] });
    expect(fetches).toBe(8);
  });
});

test("a file that the cache has as a whole needs no pieces", async () => {
  const [blobs, target] = [await scratchDirectory(), await scratchDirectory()];
  const newer = sharded(v2)["model.safetensors"]!;
  await writeTree(target, sharded(v1));
  await writeTree(blobs, { [digestOf(newer).slice(7)]: newer });
  const files = [{ path: "model.safetensors", digest: digestOf(newer), size: newer.byteLength }];
  const store = await storeWith(await indexOf(sharded(v2)));
  let read = 0;
  const onBytes = (count: number) => {
    read += count;
  };
  await planDelta({ store, model, files, target, staging: target, from: [], blobs }, { onBytes });
  expect(read).toBe(0);
});

test("a directory that is named and is none, and a version without an index, are told to who named one", async () => {
  const [directory, target] = [await scratchDirectory(), await scratchDirectory()];
  const newer = sharded(v2)["model.safetensors"]!;
  await writeTree(directory, sharded(v1));
  const files = [{ path: "model.safetensors", digest: digestOf(newer), size: newer.byteLength }];
  const request = { store: new MemoryRegistry().repository("m"), model, files, target, staging: target };
  const none = join(directory, "none");
  const { problems } = await planDelta({ ...request, from: [none, directory] });
  expect(problems).toEqual([
    expect.stringContaining(`${none} is not a directory`),
    expect.stringContaining("no tensor"),
  ]);
});

describe("local files", () => {
  test("of a full fine-tune a sample is read, not the whole file", async () => {
    const all = Array.from({ length: 100 }, (_, at) => at);
    const directory = await scratchDirectory();
    await writeTree(directory, sharded({ tensors: 100 }));
    const index = await indexOf(sharded({ tensors: 100, changed: all }));
    let read = 0;
    const location = join(directory, "model.safetensors");
    const onBytes = (count: number) => {
      read += count;
    };
    await findLocalPieces(index.files, [{ location, size: (await stat(location)).size }], { onBytes });
    expect(read).toBeLessThan(30 * tensorBytes);
  });

  test("broken ones, links in circles and files that vanish hold nothing", async () => {
    const bytes = sharded(v1)["model.safetensors"]!;
    const older = { "a/cut.safetensors": bytes.subarray(0, 2_000_000), "b/junk.safetensors": Buffer.alloc(2_000_000) };
    const { isRight, fetched } = await upgrade({ older, newer: sharded(v2) });
    expect(isRight).toBe(true);
    expect(fetched).toBe(sharded(v2)["model.safetensors"]!.byteLength);
    const directory = await scratchDirectory();
    await symlink(directory, join(directory, "loop"));
    await symlink(join(directory, "gone"), join(directory, "gone.safetensors"));
    expect(await findLocalFiles([directory, join(directory, "none")], new Set([".safetensors"]))).toEqual([]);
  });

  test("links of a hub's cache are followed to their files", async () => {
    const directory = await scratchDirectory();
    await writeTree(directory, { "blobs/abc": sharded(v1)["model.safetensors"]! });
    await mkdir(join(directory, "snapshot"));
    await symlink("../blobs/abc", join(directory, "snapshot/model.safetensors"));
    const found = await findLocalFiles([join(directory, "snapshot")], new Set([".safetensors"]));
    expect(found).toEqual([
      { location: join(directory, "blobs/abc"), size: (await readFile(found[0]!.location)).length },
    ]);
  });
});
