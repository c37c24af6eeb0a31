import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { type ProtoField as Field, message, varint } from "../../../test/support/formats/protobuf.ts";
import { ModelError } from "../errors.ts";
import { bytesReader } from "../weights/range-reader.ts";
import { describeOnnx } from "./onnx.ts";

const external = (location: string): Field => [
  13,
  [
    [1, "location"],
    [2, location],
  ],
];
const tensor = (name: string, fields: readonly Field[]): Field => [5, [...fields, [8, name]]];
const model = (graph: readonly Field[], more: readonly Field[] = []) =>
  message([[1, 10], [2, "pytorch"], [8, [[2, 18]]], [7, graph], ...more]);

const whole = model(
  [
    [
      1,
      [
        [4, "If"],
        [5, [[6, [tensor("inner", [[2, 1], external("inner.bin")])]]]],
      ],
    ],
    [
      1,
      [
        [4, "Constant"],
        [5, [[5, [[2, 1], external("attribute.bin")]]]],
      ],
    ],
    tensor("weight", [
      [1, 300],
      [1, 2],
      [2, 1],
      [9, Buffer.alloc(2_400)],
    ]),
    tensor("bias", [[1, Buffer.concat([varint(4), varint(5)])], [2, 16], external("../weights.bin")]),
    [15, [[1, [[2, 1], external("sparse.bin")]]]],
  ],
  [
    [
      8,
      [
        [1, "com.example"],
        [2, 1],
      ],
    ],
    [25, [[7, [[5, [[5, [external("function.bin")]]]]]]]],
    [20, [[1, [tensor("t", [external("training.bin")])]]]],
  ],
);

describe("describeOnnx", () => {
  it("reads parameters, operators, and every file that tensors come from, wherever it is named", async () => {
    expect(await describeOnnx(bytesReader(whole))).toEqual({
      format: "onnx",
      metadata: { ir_version: 10, producer_name: "pytorch", opset: 18 },
      tensors: [
        { name: "weight", dtype: "F32", shape: [300, 2], elements: 600 },
        { name: "bias", dtype: "BF16", shape: [4, 5], elements: 20 },
      ],
      domains: ["ai.onnx", "com.example"],
      external: expect.arrayContaining([
        { location: "inner.bin", offset: 0 },
        { location: "../weights.bin", offset: 0 },
      ]),
      externalFiles: ["inner.bin", "attribute.bin", "../weights.bin", "sparse.bin", "function.bin", "training.bin"],
    });
  });

  it("reads a few kilobytes of a model of megabytes", async () => {
    const long = model([
      tensor("weight", [
        [9, Buffer.alloc(8_000_000)],
        [1, 2_000_000],
        [2, 1],
      ]),
    ]);
    let bytes = 0;
    const reader = bytesReader(long);
    const counted = {
      size: reader.size,
      read: (at: number, length: number) => {
        bytes += length;
        return reader.read(at, length);
      },
    };
    expect((await describeOnnx(counted)).tensors).toMatchObject([{ elements: 2_000_000 }]);
    expect(bytes).toBeLessThan(40_000);
  });

  it.each<[string, Buffer]>([
    ["nothing", Buffer.alloc(0)],
    ["a message without a graph", message([[1, 10]])],
    ["a length beyond the end", Buffer.from([0x08, 0x0a, 0x3a, 0xff, 0xff, 0x03])],
    ["a number without an end", Buffer.alloc(20, 0xff)],
    ["a group", Buffer.from([0x0b, 0x0c])],
    [
      "graphs without end",
      Array.from({ length: 120 }).reduce<Buffer>((inner) => message([[1, [[5, [[6, inner]]]]]]), Buffer.alloc(0)),
    ],
  ])("refuses %s", async (_, bytes) => {
    const nested =
      bytes.length > 100
        ? message([
            [1, 10],
            [7, bytes],
          ])
        : bytes;
    await rejectsWith(describeOnnx(bytesReader(nested)), "UNSAFE_FORMAT");
  });

  it("ends in a description or a typed error for any cut or flipped bits", async () => {
    const broken = fc.oneof(
      fc.nat(whole.length).map((end) => whole.subarray(0, end)),
      fc.array(fc.nat(whole.length * 8 - 1), { minLength: 1, maxLength: 4 }).map((bits) => {
        const copy = Buffer.from(whole);
        for (const bit of bits) copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return copy;
      }),
    );
    await fc.assert(
      fc.asyncProperty(broken, async (bytes) => {
        const result = await describeOnnx(bytesReader(bytes)).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(ModelError);
      }),
      { numRuns: 300 },
    );
  });
});
