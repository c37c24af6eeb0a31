import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { randomBytesFrom, tinyGguf } from "../../../test/support/models.ts";
import { hasCode } from "../../base/errors.ts";
import { bytesReader } from "./range-reader.ts";
import { readWeightsHeader } from "./weights-header.ts";

const read = (bytes: Uint8Array) => readWeightsHeader(bytesReader(bytes), "model.gguf");

/** Writes GGUF piece by piece, in either byte order. */
class Writer {
  readonly #parts: Buffer[] = [];
  readonly #big: boolean;

  constructor(big = false) {
    this.#big = big;
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return this.bytes(this.#big ? bytes.reverse() : bytes);
  }

  u64(value: number | bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return this.bytes(this.#big ? bytes.reverse() : bytes);
  }

  text(value: string): this {
    return this.u64(Buffer.byteLength(value)).bytes(Buffer.from(value));
  }

  head(version: number, tensors: number | bigint, pairs: number | bigint): this {
    return this.bytes(Buffer.from("GGUF")).u32(version).u64(tensors).u64(pairs);
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  tensor(name: string, dimensions: readonly (number | bigint)[], type: number, offset: number | bigint): this {
    this.text(name).u32(dimensions.length);
    for (const dimension of dimensions) this.u64(dimension);
    return this.u32(type).u64(offset);
  }

  /** Pads to 32 bytes and adds data. */
  end(dataBytes = 0): Uint8Array {
    const header = Buffer.concat(this.#parts);
    return Buffer.concat([header, Buffer.alloc((32 - (header.length % 32)) % 32), Buffer.alloc(dataBytes)]);
  }
}

test("gguf: tells tensors with their places, and metadata without vocabularies", async () => {
  const header = await read(tinyGguf(randomBytesFrom(1)));
  expect(header?.tensors).toMatchObject([
    { name: "token_embd.weight", dtype: "Q8_0", shape: [64, 16], elements: 1024, bytes: 1088 },
    { name: "output.weight", offset: (header?.headerBytes ?? 0) + 1088 },
    { name: "output_norm.weight", dtype: "F32", elements: 64, bytes: 256 },
  ]);
  expect(header?.metadata).toMatchObject({ "general.architecture": "llama", "general.file_type": 7 });
  expect(header?.metadata).not.toHaveProperty("tokenizer.ggml.tokens");
});

test.each([
  ["version 2", new Writer().head(2, 1, 0)],
  ["big-endian", new Writer(true).head(3, 1, 0)],
])("gguf: reads %s", async (_, writer) => {
  const header = await read(writer.tensor("a", [4], 0, 0).end(16));
  expect(header?.tensors).toMatchObject([{ name: "a", elements: 4, bytes: 16 }]);
});

test("gguf: reads every scalar type, and steps over arrays of every shape and over overlong strings", async () => {
  const long = "x".repeat(1024 * 1024 + 1);
  const writer = new Writer().head(3, 0, 17);
  const scalars: readonly (readonly [type: number, bytes: number[]])[] = [
    [0, [255]],
    [1, [255]],
    [2, [255, 255]],
    [3, [255, 255]],
    [4, [255, 255, 255, 255]],
    [5, [255, 255, 255, 255]],
    [6, [0, 0, 0x80, 0x3f]],
    [7, [1]],
    [10, [9, 0, 0, 0, 0, 0, 0, 0]],
    [11, [255, 255, 255, 255, 255, 255, 255, 255]],
    [12, [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]],
  ];
  for (const [type, bytes] of scalars) writer.text(`t${type}`).u32(type).bytes(Buffer.from(bytes));
  writer.text("long").u32(8).text(long);
  writer.text("numbers").u32(9).u32(4).u64(3).u32(1).u32(2).u32(3);
  writer.text("strings").u32(9).u32(8).u64(2).text("one").text(long);
  writer.text("nested").u32(9).u32(9).u64(1).u32(8).u64(1).text("deep");
  writer.text("empty").u32(9).u32(4).u64(0);
  const header = await read(writer.text("after").u32(8).text("still read").end());
  expect(header?.metadata).toEqual({
    t0: 255,
    t1: -1,
    t2: 65535,
    t3: -1,
    t4: 4294967295,
    t5: -1,
    t6: 1,
    t7: true,
    t10: 9,
    t11: -1,
    t12: 1,
    after: "still read",
  });
});

test("gguf: general.alignment moves the data", async () => {
  const writer = new Writer().head(3, 1, 1).text("general.alignment").u32(4).u32(64).tensor("a", [1], 0, 0);
  const header = await read(writer.end(192));
  expect(header?.headerBytes).toBe(128);
  expect(header?.tensors[0]?.offset).toBe(128);
  const hole = new Writer().head(3, 2, 0).tensor("a", [1], 0, 0).tensor("b", [1], 0, 64);
  await rejectsWith(read(hole.end(128)), "UNSAFE_FORMAT");
});

describe("gguf: refuses", () => {
  const pairs = (count: number) => new Writer().head(3, 0, count);
  const tensors = (count: number) => new Writer().head(3, count, 0);
  const huge = 2n ** 60n;
  const nested = (writer: Writer, depth: number): Writer => {
    return depth === 0 ? writer.u32(4).u64(0) : nested(writer.u32(9).u64(1), depth - 1);
  };
  const cases: readonly (readonly [what: string, bytes: Uint8Array, reason: RegExp])[] = [
    ["another magic", Buffer.from("GGML\u0003\0\0\0aaaaaaaa"), /starts with "GGML"/],
    ["version 1", new Writer().head(1, 0, 0).end(), /version 1,/],
    ["version 4", new Writer().head(4, 0, 0).end(), /version 4,/],
    ["a file that ends in its version", Buffer.from("GGUF\u0003"), /the file has 5/],
    ["2^60 tensors", new Writer().head(3, huge, 0).end(), /which no file can hold/],
    ["a billion tensors", new Writer().head(3, 1_000_000_000, 0).end(), /claims 1000000000 tensors/],
    ["a billion pairs", new Writer().head(3, 0, 1_000_000_000).end(), /claims 1000000000 metadata pairs/],
    [
      "more pairs than there are",
      pairs(3)
        .text("a")
        .u32(0)
        .bytes(Buffer.from([1]))
        .end(),
      /unknown value|goes on|twice/,
    ],
    ["a key of 2^60 bytes", pairs(1).u64(huge).end(), /length of metadata key 1/],
    ["a key above 64 KiB", pairs(1).u64(65_536).end(70_000), /at most 65535/],
    ["a string of 2^60 bytes", pairs(1).text("a").u32(8).u64(huge).end(), /which no file can hold/],
    ["a string longer than the file", pairs(1).text("a").u32(8).u64(500_000).end(), /goes on to byte/],
    [
      "an array longer than the file",
      pairs(1)
        .text("a")
        .u32(9)
        .u32(10)
        .u64(2 ** 29)
        .end(),
      /goes on to byte/,
    ],
    [
      "an array of more than 2^30",
      pairs(1)
        .text("a")
        .u32(9)
        .u32(0)
        .u64(2 ** 31)
        .end(),
      /at most 1073741824/,
    ],
    [
      "a string in an array longer than the file",
      pairs(1).text("a").u32(9).u32(8).u64(1).u64(999_999).end(),
      /goes on/,
    ],
    ["arrays nested without end", nested(pairs(1).text("a").u32(9), 9).end(), /deeper than 4/],
    ["an unknown value type", pairs(1).text("a").u32(13).end(), /unknown value type 13/],
    ["an array of an unknown type", pairs(1).text("a").u32(9).u32(13).u64(1).end(), /unknown value type 13/],
    [
      "a boolean of 2",
      pairs(1)
        .text("a")
        .u32(7)
        .bytes(Buffer.from([2]))
        .end(),
      /boolean/,
    ],
    ["a key twice", pairs(2).text("a").u32(4).u32(1).text("a").u32(4).u32(2).end(), /"a" appears twice/],
    [
      "a key that is no UTF-8",
      pairs(1)
        .u64(1)
        .bytes(Buffer.from([0xff]))
        .u32(4)
        .u32(1)
        .end(),
      /UTF-8/,
    ],
    ["an alignment of 0", pairs(1).text("general.alignment").u32(4).u32(0).end(), /power of two/],
    ["an alignment of 33", pairs(1).text("general.alignment").u32(4).u32(33).end(), /power of two/],
    ["an alignment that is text", pairs(1).text("general.alignment").u32(8).text("32").end(), /power of two/],
    ["a tensor name of 64 bytes", tensors(1).tensor("x".repeat(64), [1], 0, 0).end(4), /at most 63/],
    ["five dimensions", tensors(1).tensor("a", [1, 1, 1, 1, 1], 0, 0).end(4), /5 dimensions/],
    [
      "a product beyond 2^53",
      tensors(1)
        .tensor("a", [2 ** 30, 2 ** 30], 0, 0)
        .end(4),
      /2\^53/,
    ],
    ["an unknown tensor type", tensors(1).tensor("a", [1], 31, 0).end(4), /unknown type 31/],
    ["a row that splits a block", tensors(1).tensor("a", [33], 8, 0).end(64), /rows of 33/],
    ["an unaligned offset", tensors(1).tensor("a", [1], 0, 4).end(8), /multiple of 32/],
    ["a tensor twice", tensors(2).tensor("a", [1], 0, 0).tensor("a", [1], 0, 32).end(64), /"a" appears twice/],
    ["an overlap", tensors(2).tensor("a", [16], 0, 0).tensor("b", [1], 0, 32).end(64), /"b" overlaps/],
    ["missing tensor bytes", tensors(1).tensor("a", [16], 0, 0).end(63), /truncated/],
    [
      "missing tensor infos",
      tensors(2).tensor("a", [1], 0, 0).end(),
      /goes on|claims|length|at most|truncated|overlaps/,
    ],
  ];
  test.each(cases)("%s", async (_, bytes, reason) => {
    const error = await rejectsWith(read(bytes), "UNSAFE_FORMAT");
    expect(error.message).toMatch(reason);
    expect(error.message).toMatch(/^model\.gguf: /);
  });
});

test("gguf: a changed or cut header ends in a typed error or a header, and reads no more than the file", async () => {
  const good = tinyGguf(randomBytesFrom(3));
  const damage = fc.record({ at: fc.nat(620), value: fc.nat(255), keep: fc.nat(good.length) });
  await fc.assert(
    fc.asyncProperty(damage, async ({ at, value, keep }) => {
      const bytes = Buffer.from(good.subarray(0, keep));
      if (at < bytes.length) bytes[at] = value;
      await read(bytes).catch((error: unknown) => {
        if (!hasCode(error, "UNSAFE_FORMAT")) throw error;
      });
    }),
  );
});
