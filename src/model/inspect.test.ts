import { join } from "node:path";
import { expect, test } from "vitest";
import { pushForeign, titled } from "../../test/support/artifacts.ts";
import { rejectsWith } from "../../test/support/expect.ts";
import { tinySafetensors, writeTinyGguf, writeTinyModel } from "../../test/support/models.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { sharded, tensorBytes } from "../../test/support/versions.ts";
import type { ByteRange } from "../oci/content.ts";
import { MemoryRegistry } from "../stores/memory/index.ts";
import { buildModel } from "./build.ts";
import { inspectModel } from "./inspect.ts";
import { readModel } from "./read.ts";
import { uploadModel } from "./upload.ts";

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
