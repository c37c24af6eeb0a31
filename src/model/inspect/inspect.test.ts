import { join } from "node:path";
import { expect, test } from "vitest";
import { pushForeign, titled } from "../../../test/support/artifacts.ts";
import { rejectsWith } from "../../../test/support/expect.ts";
import { tinySafetensors, writeTinyGguf, writeTinyModel } from "../../../test/support/models.ts";
import { scratchDirectory, type Tree, writeTree } from "../../../test/support/scratch.ts";
import { sharded, tensorBytes } from "../../../test/support/versions.ts";
import { digestOf } from "../../base/digest.ts";
import type { ByteRange } from "../../oci/content.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import { buildModel } from "../push/build.ts";
import { uploadModel } from "../push/upload.ts";
import { readModel } from "../read.ts";
import { inspectDirectory, inspectModel } from "./inspect.ts";

test("inspect: shows what the headers say, as plain JSON", async () => {
  const root = await scratchDirectory();
  await writeTinyModel(root, { seed: 1 });
  await writeTinyGguf(join(root, "tiny.gguf"), { seed: 1 });
  const store = new MemoryRegistry().repository("m");
  const artifact = await buildModel({ paths: [root], name: "m" });
  await uploadModel(store, artifact);
  const inspection = await inspectModel(store, await readModel(store, artifact.manifest.descriptor));
  expect(inspection).toMatchObject({ format: "modelpack", hasTokenizer: true, hasChatTemplate: true });
  expect(inspection.totalBytes).toBe(artifact.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
  expect(inspection.weights).toEqual([
    {
      path: "model.safetensors",
      format: "safetensors",
      tensors: 8,
      parameters: 8440,
      dtypes: { F32: 8440 },
      metadata: { format: "pt", seed: "1" },
    },
    expect.objectContaining({ path: "tiny.gguf", tensors: 3, parameters: 2112, dtypes: { Q8_0: 2048, F32: 64 } }),
  ]);
  expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection);
});

test("inspect: reads the header and no more, however long the file is", async () => {
  const store = new MemoryRegistry().repository("m");
  const content = Buffer.concat([tinySafetensors(1), Buffer.alloc(5_000_000)]);
  const target = await pushForeign(store, { layers: [titled("m.safetensors", content), titled("t.pt", "pickle")] });
  const ranges: ByteRange[] = [];
  const fetchRange = store.fetchRange.bind(store);
  store.fetchRange = (wanted, range) => {
    ranges.push(range);
    return fetchRange(wanted, range);
  };
  const { weights, hasTokenizer, hasChatTemplate } = await inspectModel(store, await readModel(store, target));
  expect(ranges.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(20_000);
  expect(weights).toEqual([
    // The file goes on behind its tensors: a hostile file is shown as one.
    { path: "m.safetensors", problem: expect.stringContaining("goes on") },
    { path: "t.pt", problem: expect.stringContaining("truncated") },
  ]);
  expect([hasTokenizer, hasChatTemplate]).toEqual([false, false]);
});

test("inspect: tells the arrays of formats that push does not check", async () => {
  const store = new MemoryRegistry().repository("m");
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
  const array = Buffer.from(
    `\x93NUMPY\x01\0${String.fromCharCode(header.length)}\0${header}${"\0".repeat(24)}`,
    "latin1",
  );
  const layers = [titled("a.npy", array), titled("m.onnx", Buffer.from([8, 10, 58, 0])), titled("w.plan", "?")];
  const target = await pushForeign(store, { layers });
  const { weights } = await inspectModel(store, await readModel(store, target));
  expect(weights).toEqual([
    { path: "a.npy", format: "numpy", tensors: 1, parameters: 6, dtypes: { F32: 6 }, metadata: {} },
    { path: "m.onnx", format: "onnx", tensors: 0, parameters: 0, dtypes: {}, metadata: { ir_version: 10 } },
    { path: "w.plan", format: "tensorrt" },
  ]);
});

test("inspect: of many shards, one request each for little more than the header", async () => {
  const store = new MemoryRegistry().repository("m");
  const shards = Object.entries(sharded({ tensors: 60, shards: 20 }));
  const target = await pushForeign(store, { layers: shards.map(([path, bytes]) => titled(path, bytes)) });
  const ranges: ByteRange[] = [];
  const fetchRange = store.fetchRange.bind(store);
  store.fetchRange = (wanted, range) => {
    ranges.push(range);
    return fetchRange(wanted, range);
  };
  const { weights } = await inspectModel(store, await readModel(store, target));
  expect(weights.map(({ tensors }) => tensors)).toEqual(Array.from({ length: 20 }, () => 3));
  expect(ranges).toHaveLength(20);
  const headers = shards.reduce((sum, [, bytes]) => sum + bytes.byteLength, 0) - 60 * tensorBytes;
  expect(ranges.slice(1).reduce((sum, { end }) => sum + end, 0)).toBeLessThan(headers * 1.2);
});

test("inspect: a store's failure is no finding about the file", async () => {
  const store = new MemoryRegistry().repository("m");
  const target = await pushForeign(store, { layers: [titled("m.safetensors", tinySafetensors(1))] });
  const view = await readModel(store, target);
  await rejectsWith(inspectModel(new MemoryRegistry().repository("other"), view), "NOT_FOUND");
  async function* cut() {
    yield Buffer.alloc(10);
  }
  await rejectsWith(inspectModel({ fetchRange: cut }, view), "SIZE_MISMATCH");
});

/** Looks into these files in a directory. */
async function lookInto(tree: Tree, tensors?: number) {
  const root = await scratchDirectory();
  await writeTree(root, tree);
  return inspectDirectory(root, { tensors });
}

test("inspect: a directory tells the same as what is pushed from it", async () => {
  const root = await scratchDirectory();
  await writeTinyModel(root, { seed: 1 });
  const store = new MemoryRegistry().repository("m");
  const artifact = await buildModel({ paths: [root], name: "m" });
  await uploadModel(store, artifact);
  const pushed = await inspectModel(store, await readModel(store, artifact.manifest.descriptor), { tensors: 3 });
  const local = await inspectDirectory(root, { tensors: 3 });
  const strip = ({ files, format: _format, ...rest }: typeof local) => ({
    ...rest,
    files: files.map(({ path }) => path).sort(),
  });
  expect(strip(local)).toEqual(strip(pushed));
  expect(local).toMatchObject({
    format: "directory",
    summary: { format: "safetensors", architecture: "TinyBertModel", parameters: 8440, precision: "float32" },
    tokenizer: { kind: "WordLevel", vocabSize: 4 },
    licenses: [
      { source: "LICENSE", text: "apache-2.0" },
      { source: "README.md license", text: "apache-2.0" },
    ],
    baseModels: [{ source: "README.md base_model", text: "example/tiny-bert" }],
    notes: [],
  });
  expect(local.weights[0]?.list).toHaveLength(3);
});

test("inspect: tells templates with their digests, licences that differ, remote code and base models", async () => {
  const template = "{{ ''.__class__ }}";
  const inspection = await lookInto({
    "config.json": '{"auto_map": {"AutoModel": "modeling.Net"}, "vocab_size": 32000}',
    "tokenizer_config.json": JSON.stringify({ tokenizer_class: "LlamaTokenizer", chat_template: template }),
    "adapter_config.json": '{"base_model_name_or_path": "org/base"}',
    "README.md": "---\nlicense: other\nlicense_name: acme\nbase_model: [org/one, org/two]\n---\n# x",
    LICENSE: "Apache License\n  Version 2.0",
    "w.npy": "?",
  });
  expect(inspection).toMatchObject({
    tokenizer: { kind: "LlamaTokenizer", vocabSize: 32_000 },
    chatTemplates: [
      {
        source: "tokenizer_config.json",
        digest: digestOf(Buffer.from(template)),
        size: 18,
        risks: ["reaches Python's internals"],
      },
    ],
    baseModels: [{ text: "org/base" }, { text: "org/one" }, { text: "org/two" }],
    remoteCode: [{ source: "config.json", text: "modeling.Net" }],
    notes: ["licences differ: apache-2.0 in LICENSE, acme in README.md license"],
    hasChatTemplate: true,
  });
});

test("inspect: tells what MLflow notes beside a model", async () => {
  const MLmodel = `artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    code: code
  sklearn:
    pickled_model: model.pkl
    sklearn_version: 1.9.1
mlflow_version: 3.4.0
run_id: 8f1c
signature:
  inputs: '[{"type": "double", "name": "x"}]'
`;
  const { mlflow } = await lookInto({
    MLmodel,
    "requirements.txt": "# made\nmlflow==3.4.0\nscikit-learn==1.9.1\n",
    "model.pkl": "N.",
  });
  expect(mlflow).toEqual({
    path: "MLmodel",
    flavors: [{ name: "python_function" }, { name: "sklearn", version: "1.9.1", data: "model.pkl" }],
    runId: "8f1c",
    mlflowVersion: "3.4.0",
    signature: { inputs: '[{"type": "double", "name": "x"}]' },
    requirements: ["mlflow==3.4.0", "scikit-learn==1.9.1"],
    code: "code",
  });
});

test("inspect: reads little of a registry, however long its small files and scattered structures are", async () => {
  const store = new MemoryRegistry().repository("m");
  const long = `{"vocab_size": 7, "x": "${"y".repeat(5_000_000)}"}`;
  const pickle = Buffer.concat([
    Buffer.from("]", "latin1"),
    ...Array.from({ length: 40 }, () =>
      Buffer.concat([Buffer.from("B\0\0\x10\0", "latin1"), Buffer.alloc(1 << 20), Buffer.from("0")]),
    ),
    Buffer.from("."),
  ]);
  const layers = [
    titled("config.json", long),
    titled("README.md", "---\nlicense: mit\n---\n".padEnd(1_000_000)),
    titled("LICENSE", "MIT License".padEnd(100_000)),
    titled("m.pkl", pickle),
  ];
  const target = await pushForeign(store, { layers });
  let bytes = 0;
  const fetchRange = store.fetchRange.bind(store);
  store.fetchRange = (wanted, range) => {
    bytes += range.end - range.start;
    return fetchRange(wanted, range);
  };
  const { licenses, tokenizer, weights } = await inspectModel(store, await readModel(store, target));
  expect(licenses.map(({ text }) => text)).toEqual(["mit", "mit"]);
  expect(tokenizer).toBeUndefined();
  expect(weights).toEqual([{ path: "m.pkl", problem: expect.stringContaining("pull it first") }]);
  expect(bytes).toBeLessThan(2_300_000);
});
