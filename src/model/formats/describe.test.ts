import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { denseHdf5 } from "../../../test/support/formats/dense-hdf5.ts";
import { hdf5Of } from "../../../test/support/formats/hdf5.ts";
import { bundleOf } from "../../../test/support/formats/tensor-bundle.ts";
import { tfliteOf } from "../../../test/support/formats/tflite.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { bytesReader } from "../weights/range-reader.ts";
import { describeWeights } from "./describe.ts";
import { walkHdf5 } from "./hdf5/walk.ts";

const look = (path: string, bytes: Uint8Array) => describeWeights(bytesReader(bytes), path);
const raw = (text: string) => Buffer.from(text, "latin1");

const keras = hdf5Of({
  datasets: { "kernel:0": { shape: [3, 4] }, "bias:0": { shape: [4], bytes: 2, filters: [1] } },
  attributes: { keras_version: "3.5.0", model_config: '{"class_name": "Sequential"}' },
  softLinks: { other: "/kernel:0" },
});

describe("HDF5", () => {
  it("tells datasets with type and shape, and what Keras notes in the root", async () => {
    expect(await look("m.h5", keras)).toEqual({
      format: "keras",
      tensors: [
        { name: "kernel:0", dtype: "F32", shape: [3, 4], elements: 12 },
        { name: "bias:0", dtype: "F16", shape: [4], elements: 4 },
      ],
      metadata: { keras_version: "3.5.0", architecture: "Sequential" },
    });
  });

  it("finds what leads out of the file", async () => {
    const bytes = hdf5Of({
      datasets: { a: { shape: [4], external: ["/etc/passwd"] }, v: { shape: [4], isVirtual: true } },
      externalLinks: { gone: "../other.h5" },
      softLinks: { soft: "/a" },
      hasHeap: true,
    });
    const seen: unknown[] = [];
    await walkHdf5(bytesReader(bytes), {
      dataset: (path, { externalFiles, isVirtual }) => void seen.push([path, externalFiles, isVirtual]),
      link: (path, { kind, target }) => void seen.push([path, kind, target]),
      unread: (path, what) => void seen.push([path, what]),
    });
    expect(seen).toEqual([
      ["", "has a heap of members without their names"],
      ["a", ["/etc/passwd"], false],
      ["v", [], true],
      ["soft", "soft", "/a"],
      ["gone", "external", "../other.h5"],
    ]);
  });

  it("reads groups and attributes of the newer form, which are in heaps", async () => {
    const seen: unknown[] = [];
    await walkHdf5(bytesReader(denseHdf5()), {
      dataset: (path, { shape }) => void seen.push([path, shape]),
      link: (path, { target }) => void seen.push([path, target]),
      attribute: (_, { name, value }) => void (name === "a19" && seen.push([name, value?.toString()])),
      unread: (path, what) => void seen.push([path, what]),
    });
    expect(seen).toHaveLength(22);
    expect(seen).toContainEqual(["a19", "vvvvvvvvvvvvvvvvvvv"]);
    expect(seen).toContainEqual(["m19", [20]]);
    expect(seen).toContainEqual(["out", "other.h5"]);
  });

  it("visits a group that holds itself once", async () => {
    const bytes = hdf5Of({ datasets: { a: { shape: [1] } }, isCyclic: true });
    const { tensors, metadata } = (await look("m.h5", bytes)) ?? {};
    expect(tensors?.map(({ name }) => name)).toEqual(["a"]);
    expect(metadata).toEqual({});
  });

  it("refuses what has no root where it says", async () => {
    const shifted = Buffer.concat([Buffer.alloc(512), keras]);
    // Places count from the base address, which is 0 here, so that the root is not where it should be.
    await rejectsWith(look("m.h5", shifted), "UNSAFE_FORMAT");
    await rejectsWith(look("m.h5", raw("\x89HDF\r\n\x1a\n")), "UNSAFE_FORMAT");
  });
});

describe("archives of Keras 3", () => {
  it("are described by their configuration and the weights within", async () => {
    const config = { name: "config.json", content: '{"class_name":"Functional"}', deflated: true };
    const bytes = zipOf([config, { name: "model.weights.h5", content: keras }]);
    expect(await look("m.keras", bytes)).toMatchObject({
      tensors: [{ name: "kernel:0" }, { name: "bias:0" }],
      metadata: { architecture: "Functional", keras_version: "3.5.0" },
    });
    expect((await look("m.keras", zipOf([config])))?.tensors).toEqual([]);
    await rejectsWith(look("m.keras", zipOf([])), "UNSAFE_FORMAT");
  });
});

describe("TensorFlow", () => {
  it("Lite: tensors that have content, and operators that the program must bring", async () => {
    const bytes = tfliteOf({
      tensors: [
        { name: "weight", shape: [2, 3], data: Buffer.alloc(24) },
        { name: "input", shape: [1, 2] },
      ],
      customOperators: ["MyOp"],
    });
    expect(await look("m.tflite", bytes)).toEqual({
      format: "tflite",
      tensors: [{ name: "weight", dtype: "F32", shape: [2, 3], elements: 6 }],
      metadata: { subgraphs: 1, operators: 2, description: "made for tests" },
      customOperators: ["MyOp"],
      lastBuffer: 0,
    });
    await rejectsWith(look("m.tflite", raw("\x08\0\0\0TFL2\0\0\0\0")), "UNSAFE_FORMAT");
  });

  it("SavedModel: variables by the index beside their files", async () => {
    const bytes = bundleOf({ variables: { a: { shape: [2, 3], offset: 0 }, b: { shape: [], offset: 24 } } });
    expect(await look("sm/variables/variables.index", bytes)).toMatchObject({
      format: "tensorflow",
      shards: 1,
      tensors: [
        { name: "a", dtype: "F32", shape: [2, 3], elements: 6, shard: 0, offset: 0, bytes: 24 },
        { name: "b", shape: [], elements: 1, offset: 24, bytes: 4 },
      ],
    });
    await rejectsWith(look("variables.index", bytes.subarray(1)), "UNSAFE_FORMAT");
  });
});

describe("pickles", () => {
  const array =
    "cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I3\nI4\ntcnumpy\ndtype\n(S'f4'\ntRI00\nS''\ntb";

  it("are described by their class, their imports and the arrays within", async () => {
    const bytes = raw(
      `(ccopy_reg\n_reconstructor\n(cpackage\nNet\nc__builtin__\nobject\nNtR(dS'w'\n${array}sb.`.slice(1),
    );
    expect(await look("m.pkl", bytes)).toEqual({
      format: "pickle",
      tensors: [{ name: "w", dtype: "F32", shape: [3, 4], elements: 12 }],
      metadata: {
        class: "package.Net",
        imports:
          "copy_reg._reconstructor, package.Net, __builtin__.object, numpy._core.multiarray._reconstruct, numpy.ndarray, numpy.dtype",
      },
    });
  });

  it("may be compressed as a whole, and made by cloudpickle", async () => {
    const bytes = gzipSync(raw("ccloudpickle.cloudpickle\n_make_function\n)R."));
    expect(await look("m.joblib", bytes)).toMatchObject({
      format: "cloudpickle",
      metadata: { class: "cloudpickle.cloudpickle._make_function" },
    });
    await rejectsWith(look("m.joblib", bytes.subarray(0, 20)), "UNSAFE_FORMAT");
  });
});
