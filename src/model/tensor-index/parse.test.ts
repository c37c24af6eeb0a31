import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safetensors } from "../../../test/support/models.ts";
import { digestOf } from "../../base/digest.ts";
import { isMregError } from "../../base/errors.ts";
import { PieceHasher, pieceLimitBytes } from "../../transfer/pieces/index.ts";
import { bytesReader } from "../weights/range-reader.ts";
import { readWeightsHeader } from "../weights/weights-header.ts";
import { buildTensorIndex, describeCutFile, encodeTensorIndex, filesToIndex, indexSplit } from "./build.ts";
import type { IndexEntry, IndexedFile } from "./document.ts";
import { parseTensorIndex } from "./parse.ts";
import { tensorIndexSchema } from "./schema.ts";

const MiB = 1024 * 1024;

/** Three tensors of one MiB and one without elements. */
function threeTensors(): Uint8Array {
  const header = {
    b: { dtype: "F16", shape: [512, 1024], data_offsets: [MiB, 2 * MiB] },
    a: { dtype: "U8", shape: [MiB], data_offsets: [0, MiB] },
    empty: { dtype: "F32", shape: [0, 4], data_offsets: [2 * MiB, 2 * MiB] },
    c: { dtype: "F32", shape: [256, 1024], data_offsets: [2 * MiB, 3 * MiB] },
  };
  return safetensors(header, Buffer.alloc(3 * MiB, 7));
}

async function cutFile(path: string, bytes: Uint8Array): Promise<IndexedFile> {
  const header = await readWeightsHeader(bytesReader(bytes), path);
  const hasher = new PieceHasher(indexSplit(bytes.byteLength, header)!);
  hasher.update(bytes);
  return describeCutFile({ path, digest: digestOf(bytes), size: bytes.byteLength, header, pieces: hasher.end() });
}

const built = buildTensorIndex([
  await cutFile("m.safetensors", threeTensors()),
  await cutFile("b/w.bin", Buffer.alloc(2 * MiB, "content")),
])!;
const valid = encodeTensorIndex(built);

describe("buildTensorIndex", () => {
  test("safetensors have an entry per tensor and one for the header, other files content pieces", () => {
    const [bin, weights] = built.files;
    expect(built.files.map(({ path }) => path)).toEqual(["b/w.bin", "m.safetensors"]);
    expect(bin).toMatchObject({ contentSize: 64 * 1024 });
    expect(weights?.entries.map(({ name, dtype, shape, length }) => ({ name, dtype, shape, length }))).toEqual([
      { name: undefined, dtype: undefined, shape: undefined, length: weights!.size - 3 * MiB },
      { name: "a", dtype: "U8", shape: [MiB], length: MiB },
      { name: "b", dtype: "F16", shape: [512, 1024], length: MiB },
      { name: "c", dtype: "F32", shape: [256, 1024], length: MiB },
    ]);
    expect(parseTensorIndex(valid)).toEqual(built);
    expect(tensorIndexSchema.parse(built)).toEqual(built);
  });

  test("a tensor above 64 MiB has parts", () => {
    const tensor = {
      name: "t",
      dtype: "U8",
      shape: [3 * pieceLimitBytes],
      elements: 0,
      offset: 8,
      bytes: 3 * pieceLimitBytes,
    };
    const digest = digestOf("");
    const size = 8 + 3 * pieceLimitBytes;
    const ends = [0, 8, 8 + pieceLimitBytes, 8 + 2 * pieceLimitBytes, size];
    const pieces = ends.slice(1).map((end, at) => ({ start: ends[at]!, end, digest }));
    const header = { format: "safetensors", headerBytes: 8, tensors: [tensor], metadata: {} } as const;
    const index = buildTensorIndex([describeCutFile({ path: "t.safetensors", digest, size, header, pieces })])!;
    expect(index.files[0]?.entries.map(({ name, part }) => name ?? part)).toEqual([undefined, "t", 2, 3]);
    expect(parseTensorIndex(encodeTensorIndex(index))).toEqual(index);
  });

  test("more than 64 MiB of safetensors are in it unasked, other files when asked, small ones never", () => {
    const files = (name: string, ...mebibytes: number[]) =>
      mebibytes.map((size, at) => ({ path: `${at}${name}`, size: size * MiB }));
    const [few, many] = [files(".safetensors", 40, 24), files(".safetensors", 40, 25)];
    const others = [...files(".gguf", 1000), ...files("/README.safetensors.txt", 1)];
    expect(filesToIndex("auto", [...few, ...others])).toEqual([]);
    expect(filesToIndex("auto", [...many, ...others])).toEqual(many);
    expect(filesToIndex("always", [...few, ...others])).toEqual([...few, ...others]);
    expect(filesToIndex("never", many)).toEqual([]);
    const small = files(".safetensors", ...Array.from({ length: 1000 }, () => 0.99));
    expect(filesToIndex("auto", small)).toEqual([]);
    expect(filesToIndex("always", small)).toEqual([]);
    expect(indexSplit(MiB - 1, undefined)).toBeUndefined();
    expect(buildTensorIndex([])).toBeUndefined();
  });
});

type DraftEntry = { -readonly [Key in keyof IndexEntry]: unknown };
interface DraftFile {
  path: string;
  size: number;
  contentSize?: number;
  readonly entries: DraftEntry[];
}
interface Draft {
  schemaVersion: number;
  readonly files: [DraftFile, DraftFile];
}

/** A copy of the valid document, changed. */
function altered(change: (document: Draft) => unknown): Uint8Array {
  const document = JSON.parse(Buffer.from(valid).toString()) as Draft;
  change(document);
  return Buffer.from(JSON.stringify(document));
}

describe("parseTensorIndex refuses", () => {
  test.each<[what: string, change: (document: Draft) => unknown, message: RegExp]>([
    ["a hole", ({ files }) => files[1].entries.splice(1, 1), /hole/],
    ["an overlap", ({ files }) => files[1].entries.splice(1, 0, files[1].entries[1]!), /overlap/],
    ["an entry beyond the file", ({ files }) => (files[1].size -= 1), /but the file has/],
    ["a file longer than its entries", ({ files }) => (files[1].size += 1), /entries end at byte/],
    ["two tensors of one name", ({ files }) => (files[1].entries[2]!.name = "a"), /appears twice/],
    ["a shape that does not fit", ({ files }) => (files[1].entries[2]!.shape = [7]), /need 14/],
    ["a name without shape", ({ files }) => delete files[1].entries[2]!.shape, /lacks dtype or shape/],
    ["a shape without name", ({ files }) => delete files[1].entries[2]!.name, /but no name/],
    ["a part of nothing", ({ files }) => (files[1].entries[0]!.part = 2), /does not follow/],
    ["a part with a name", ({ files }) => (files[1].entries[2]!.part = 2), /does not follow/],
    [
      "a name on a content piece",
      ({ files }) => Object.assign(files[0].entries[0]!, { name: "x", dtype: "?", shape: [] }),
      /tensor's name/,
    ],
    ["a mean that is no power of two", ({ files }) => (files[0].contentSize = 65_537), /power of two/],
    ["a path that leads out", ({ files }) => (files[0].path = "../w"), /refused/],
    ["one path twice", ({ files }) => (files[0].path = "m.safetensors"), /appears twice/],
    ["an upper-case digest", ({ files }) => (files[0].entries[0]!.sha256 = "A".repeat(64)), /sha256/],
    ["a negative offset", ({ files }) => (files[0].entries[0]!.offset = -1), /offset/],
    ["a length of 2^60", ({ files }) => (files[0].entries[0]!.length = 2 ** 60), /length/],
    ["another version", (document) => (document.schemaVersion = 2), /schemaVersion/],
  ])("%s", (_, change, message) => {
    expect(() => parseTensorIndex(altered(change))).toThrow(message);
  });

  test("more bytes or entries than the limits", () => {
    expect(() => parseTensorIndex(Buffer.alloc(13 * MiB))).toThrow(/expected at most 12582912/);
    const entry = { offset: 0, length: 1, sha256: "0".repeat(64) };
    const entries = Array.from({ length: 60_001 }, (_, offset) => ({ ...entry, offset }));
    const file = { path: "x", digest: digestOf(""), size: entries.length, entries };
    expect(() => parseTensorIndex(encodeTensorIndex({ ...built, files: [file] }))).toThrow(/60001 entries/);
  });
});

test("any damage ends in a value or a typed error", () => {
  const flips = fc.array(fc.tuple(fc.nat(valid.byteLength - 1), fc.nat(7)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(flips, fc.nat(valid.byteLength), (bits, length) => {
      const bytes = Buffer.from(valid);
      for (const [at, bit] of bits) bytes[at] = bytes[at]! ^ (1 << bit);
      for (const damaged of [bytes, bytes.subarray(0, length)]) {
        try {
          const index = parseTensorIndex(damaged);
          // What is read is what schemas/ promises.
          expect(tensorIndexSchema.safeParse(index).success).toBe(true);
        } catch (error) {
          expect(isMregError(error), String(error)).toBe(true);
        }
      }
    }),
    { numRuns: 300 },
  );
});
