import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { safetensors, tinySafetensors } from "../../../test/support/models.ts";
import { hasCode } from "../../base/errors.ts";
import { bytesReader } from "./range-reader.ts";
import { readWeightsHeader } from "./weights-header.ts";

const read = (bytes: Uint8Array, path = "dir/model.safetensors") => readWeightsHeader(bytesReader(bytes), path);

/** A file whose length field and JSON are given literally. */
function raw(length: bigint, json: string, data = Buffer.alloc(0)): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length);
  return Buffer.concat([head, Buffer.from(json), data]);
}

const info = (begin: number, end: number, shape: unknown = [end - begin], dtype = "U8") => {
  return { dtype, shape, data_offsets: [begin, end] };
};

test("safetensors: tells tensors, metadata and the length of the header", async () => {
  const header = await read(tinySafetensors(1));
  expect(header).toMatchObject({ format: "safetensors", metadata: { format: "pt", seed: "1" } });
  expect(header?.tensors).toHaveLength(8);
  expect(header?.tensors[0]).toEqual({
    name: "embeddings.word_embeddings.weight",
    dtype: "F32",
    shape: [128, 32],
    elements: 4096,
    offset: header?.headerBytes,
    bytes: 16384,
  });
});

test("safetensors: reads a header longer than its first read", async () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `layer.${index}.with.a.long.name.weight`);
  const bytes = safetensors(Object.fromEntries(names.map((name, at) => [name, info(at, at + 1)])), Buffer.alloc(3_000));
  expect((await read(bytes))?.tensors.map(({ name }) => name)).toEqual(names);
});

test("safetensors: accepts scalars, empty tensors, packed 4-bit types, and no tensor at all", async () => {
  const tensors = { scalar: info(0, 1, []), empty: info(1, 1, [0, 7]), packed: info(1, 3, [4], "F4") };
  expect((await read(safetensors(tensors, Buffer.alloc(3))))?.tensors.map(({ elements }) => elements)).toEqual([
    1, 0, 4,
  ]);
  expect((await read(safetensors({}, Buffer.alloc(0))))?.tensors).toEqual([]);
});

test("safetensors: a tensor called __proto__ is a tensor", async () => {
  const json = '{"__proto__":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}';
  expect((await read(raw(BigInt(json.length), json, Buffer.alloc(2))))?.tensors[0]?.name).toBe("__proto__");
});

describe("safetensors: refuses", () => {
  const one = { a: info(0, 4) };
  const duplicate =
    '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
  const cases: readonly (readonly [what: string, bytes: Uint8Array, reason: RegExp])[] = [
    ["a file shorter than its length field", Buffer.alloc(7), /too short/],
    ["a header of 2^60 bytes", raw(2n ** 60n, "{}"), /claims 1152921504606846976 bytes/],
    ["a header of 100,000,001 bytes", raw(100_000_001n, "{}"), /at most 100000000/],
    ["a truncated header", raw(64n, '{"a":'), /truncated/],
    ["a Git LFS pointer", Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"), /LFS pointer/],
    ["a header that is no object", raw(2n, "[]"), /does not start with/],
    ["an empty header", raw(0n, ""), /does not start with/],
    ["broken JSON", raw(5n, '{"a":'), /JSON/],
    ["malformed UTF-8", Buffer.concat([raw(5n, '{"'), Buffer.from([0xff, 0x22, 0x7d])]), /UTF-8/],
    ["duplicate keys", raw(BigInt(duplicate.length), duplicate, Buffer.alloc(1)), /duplicate key "a"/],
    ["metadata that is not text", safetensors({ __metadata__: { a: 1 } }, Buffer.alloc(0)), /__metadata__/],
    ["a tensor without a shape", safetensors({ a: { dtype: "U8", data_offsets: [0, 4] } }, Buffer.alloc(4)), /"a"/],
    ["a tensor that is a list", safetensors({ a: [] }, Buffer.alloc(0)), /"a" is malformed/],
    ["a dtype that is no text", safetensors({ a: info(0, 4, [4], 8 as never) }, Buffer.alloc(4)), /malformed: dtype/],
    [
      "one offset too many",
      safetensors({ a: { dtype: "U8", shape: [4], data_offsets: [0, 4, 4] } }, Buffer.alloc(4)),
      /malformed: data_offsets/,
    ],
    ["a negative dimension", safetensors({ a: info(0, 4, [-4]) }, Buffer.alloc(4)), /malformed/],
    ["a fractional offset", safetensors({ a: info(0.5, 4.5, [4]) }, Buffer.alloc(4)), /malformed/],
    ["an unknown dtype", safetensors({ a: info(0, 4, [4], "F128") }, Buffer.alloc(4)), /unknown dtype "F128"/],
    ["a dtype of the prototype", safetensors({ a: info(0, 4, [4], "toString") }, Buffer.alloc(4)), /unknown dtype/],
    ["a shape that needs more bytes", safetensors({ a: info(0, 4, [5]) }, Buffer.alloc(4)), /need 5/],
    ["a reversed range", safetensors({ a: info(4, 0, [4]) }, Buffer.alloc(4)), /-4 bytes/],
    ["a product beyond 2^53", safetensors({ a: info(0, 4, [2 ** 30, 2 ** 30]) }, Buffer.alloc(4)), /2\^53/],
    ["a tensor that ends inside a byte", safetensors({ a: info(0, 1, [1], "F4") }, Buffer.alloc(1)), /whole byte/],
    ["a hole", safetensors({ ...one, b: info(5, 6) }, Buffer.alloc(6)), /hole before tensor "b"/],
    ["a hole at the start", safetensors({ a: info(1, 4) }, Buffer.alloc(4)), /hole/],
    ["an overlap", safetensors({ ...one, b: info(3, 6) }, Buffer.alloc(6)), /overlap at tensor "b"/],
    ["bytes after the last tensor", safetensors(one, Buffer.alloc(5)), /goes on/],
    ["missing tensor bytes", safetensors(one, Buffer.alloc(3)), /truncated/],
    ["a pickle under its name", Buffer.from("\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01u.", "latin1"), /claims/],
  ];
  test.each(cases)("%s", async (_, bytes, reason) => {
    const error = await rejectsWith(read(bytes), "UNSAFE_FORMAT");
    expect(error.message).toMatch(reason);
    expect(error.message).toContain("dir/model.safetensors");
  });
});

test("safetensors: a changed byte is refused or changes a name, never anything else than a typed error", async () => {
  const good = tinySafetensors(2);
  const damaged = fc.record({ at: fc.nat(600), value: fc.nat(255), keep: fc.nat(good.length) });
  await fc.assert(
    fc.asyncProperty(damaged, async ({ at, value, keep }) => {
      const bytes = Buffer.from(good.subarray(0, keep));
      if (at < bytes.length) bytes[at] = value;
      await read(bytes).catch((error: unknown) => {
        if (!hasCode(error, "UNSAFE_FORMAT")) throw error;
      });
    }),
  );
});

test("readWeightsHeader: formats without a header tell nothing, extensions count without case", async () => {
  expect(await read(Buffer.from("whatever"), "pytorch_model.bin")).toBeUndefined();
  expect((await read(tinySafetensors(1), "MODEL.SafeTensors"))?.format).toBe("safetensors");
});
