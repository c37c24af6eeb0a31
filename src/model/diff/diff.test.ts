import { describe, expect, test } from "vitest";
import { pushForeign, titled } from "../../../test/support/artifacts.ts";
import { message } from "../../../test/support/formats/protobuf.ts";
import { randomBytesFrom, tinyGguf } from "../../../test/support/models.ts";
import { scratchDirectory, type Tree, writeTree } from "../../../test/support/scratch.ts";
import { sharded } from "../../../test/support/versions.ts";
import { attach } from "../../oci/attach.ts";
import { MemoryRegistry, type MemoryRepository } from "../../stores/memory/index.ts";
import { tensorIndexType } from "../media-types.ts";
import type { ModelInput } from "../model-input.ts";
import { buildModel } from "../push/build.ts";
import { uploadModel } from "../push/upload.ts";
import type { IndexChoice } from "../tensor-index/build.ts";
import { writeTensorIndex } from "../tensor-index/write.ts";
import { type DiffSide, diffModels } from "./diff.ts";

interface VersionInput extends Partial<ModelInput> {
  readonly index?: IndexChoice;
  readonly store?: MemoryRepository;
}

async function version(tree: Tree, { index = "never", store, ...input }: VersionInput = {}) {
  const root = await scratchDirectory();
  await writeTree(root, tree);
  const repository = store ?? new MemoryRegistry().repository("m");
  const artifact = await buildModel({ paths: [root], name: "m", ...input }, { index });
  await uploadModel(repository, artifact);
  const target = artifact.manifest.descriptor;
  if (artifact.indexed) await writeTensorIndex(repository, target, artifact.indexed);
  return { store: repository, target };
}

/** Counts bytes of blobs that are read, headers by Range included. */
function counted({ store, target }: { store: MemoryRepository; target: DiffSide["target"] }) {
  const count = { weights: 0 };
  const fetchRange = store.fetchRange.bind(store);
  store.fetchRange = (wanted, range, options) => {
    count.weights += range.end - range.start;
    return fetchRange(wanted, range, options);
  };
  return { count, side: { store, target } };
}

const v1 = { tensors: 30 };
const v2 = { tensors: 31, changed: [2, 7] };

test("diff: files are added, removed, changed and moved, fields too", async () => {
  const before = await version(
    { "a.json": "1", "b.json": "2", "c.txt": "3", same: "4" },
    { annotations: { x: "1", y: "2" } },
  );
  const after = await version(
    { "a.json": "9", "d/b.json": "2", "new.md": "5", same: "4" },
    { annotations: { x: "1", z: "3" }, version: "v2" },
  );
  const diff = await diffModels(before, after);
  expect(diff.isSame).toBe(false);
  expect(diff.files.map(({ change, before: old, after: now }) => [change, old?.path, now?.path])).toEqual([
    ["changed", "a.json", "a.json"],
    ["removed", "c.txt", undefined],
    ["moved", "b.json", "d/b.json"],
    ["added", undefined, "new.md"],
  ]);
  expect(diff.sameFiles).toBe(1);
  expect(diff.annotations.filter(({ field }) => !field.startsWith("dev.mreg"))).toEqual([
    { field: "org.opencontainers.image.version", after: "v2" },
    { field: "y", before: "2" },
    { field: "z", after: "3" },
  ]);
  expect(diff.config).toEqual([{ field: "descriptor.version", after: "v2" }]);
  expect(await diffModels(before, before)).toMatchObject({
    isSame: true,
    files: [],
    sameFiles: 4,
    tensors: { same: 0 },
  });
});

test("diff: fields of configurations and of weights' own notes, and tensors of formats that push does not check", async () => {
  const gguf = (name: string) =>
    Buffer.from(tinyGguf(randomBytesFrom(1)))
      .toString("latin1")
      .replace("\x04\0\0\0\0\0\0\0tiny", `\x04\0\0\0\0\0\0\0${name}`);
  const model = (dims: number) =>
    message([
      [1, 10],
      [
        7,
        [
          [
            5,
            [
              [1, dims],
              [2, 1],
              [8, "w"],
            ],
          ],
        ],
      ],
    ]);
  const config = (layers: number) => JSON.stringify({ model_type: "bert", layers, nested: { a: 1 } });
  const files = (name: string, dims: number) => ({
    "config.json": config(dims),
    "tokenizer_config.json": dims === 2 ? "{" : "{}",
    "model.gguf": Buffer.from(gguf(name), "latin1"),
    "model.onnx": model(dims),
  });
  const diff = await diffModels(await version(files("tiny", 2)), await version(files("long", 3)));
  expect(diff.settings).toEqual([
    { path: "config.json", field: "layers", before: 2, after: 3 },
    { path: "model.gguf", field: "general.name", before: "tiny", after: "long" },
  ]);
  expect(diff.tensors.differences.find(({ name }) => name === "w")).toMatchObject({
    change: "reshaped",
    before: { path: "model.onnx", shape: [2] },
    after: { shape: [3] },
  });
  expect(diff.problems).toEqual([]);
});

describe("diff: tensors", () => {
  const names = (diff: Awaited<ReturnType<typeof diffModels>>) =>
    diff.tensors.differences.map(({ name, change }) => `${change} ${name.split(".")[1]}`);

  test("with an index on both sides, by content, without a look at the files", async () => {
    const before = counted(await version(sharded(v1), { index: "always" }));
    const after = counted(await version(sharded({ ...v2, shards: 3 }), { index: "always" }));
    const diff = await diffModels(before.side, after.side);
    expect(names(diff)).toEqual(["changed 2", "added 30", "changed 7"]);
    expect(diff.tensors.same).toBe(28);
    expect(diff.problems).toEqual([]);
    expect(before.count.weights + after.count.weights).toBe(0);
  });

  test("without, by header: the content is unknown where files differ, and only headers are read", async () => {
    const before = counted(await version(sharded(v1), { index: "always" }));
    const after = counted(await version(sharded(v2)));
    const diff = await diffModels(before.side, after.side);
    expect(new Set(names(diff).map((name) => name.split(" ")[0]))).toEqual(new Set(["unknown", "added"]));
    expect(diff.tensors.differences).toHaveLength(31);
    expect(after.count.weights).toBeLessThanOrEqual(16 * 1024);
    expect(diff.tensors.differences[0]?.after).toEqual({ path: "model.safetensors", dtype: "BF16", shape: [256, 256] });
  });

  test("of files that are equal, or equal under another name, none is looked at", async () => {
    const [before, after] = [
      counted(await version(sharded(v1))),
      counted(await version({ "other.safetensors": sharded(v1)["model.safetensors"]! })),
    ];
    const diff = await diffModels(before.side, after.side);
    expect(diff.files).toMatchObject([{ change: "moved" }]);
    expect(diff.tensors).toEqual({ same: 0, differences: [] });
    expect(before.count.weights + after.count.weights).toBe(0);
  });

  test("a header that lies and an index that is none are problems, not errors", async () => {
    const before = await version(sharded(v1));
    const store = new MemoryRegistry().repository("m");
    const target = await pushForeign(store, { layers: [titled("model.safetensors", "not weights, but long enough")] });
    await attach(store, target, { artifactType: tensorIndexType, layers: [] });
    const diff = await diffModels(before, { store, target });
    expect(diff.problems).toEqual([expect.stringContaining("is not used"), expect.stringContaining("its header")]);
    expect(diff.evidence).toEqual([{ kind: tensorIndexType, before: 0, after: 1 }]);
  });
});
