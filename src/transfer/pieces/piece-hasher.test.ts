import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../base/digest.ts";
import { contentPieceSize, type Piece, PieceHasher, pieceLimitBytes, type Split } from "./index.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes that every language can make again: SHA-256 of "mreg", of that digest, and so on. */
function seeded(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let block: Buffer = Buffer.from("mreg");
  for (let at = 0; at < length; at += 32) {
    block = createHash("sha256").update(block).digest();
    block.copy(bytes, at);
  }
  return bytes;
}

function cut(bytes: Uint8Array, split: Split, chunkBytes = 100_003): readonly Piece[] {
  const hasher = new PieceHasher(split);
  for (let at = 0; at < bytes.length; at += chunkBytes) hasher.update(bytes.subarray(at, at + chunkBytes));
  return hasher.end();
}

function checkCover(bytes: Uint8Array, pieces: readonly Piece[]): void {
  let at = 0;
  for (const { start, end, digest } of pieces) {
    expect(start).toBe(at);
    expect(end).toBeGreaterThan(start);
    expect(digest).toBe(digestOf(bytes.subarray(start, end)));
    at = end;
  }
  expect(at).toBe(bytes.length);
}

const content = { kind: "content", size: 64 * KiB } as const;
const sample = seeded(4 * MiB);

describe("pieces by content", () => {
  test("golden: where 1.5 MiB are cut never changes, or no index in the world finds its pieces again", () => {
    const pieces = cut(sample.subarray(0, 1.5 * MiB), content);
    checkCover(sample.subarray(0, 1.5 * MiB), pieces);
    expect(pieces.map(({ end }) => end)).toMatchInlineSnapshot(`
      [
        76154,
        165363,
        274160,
        355848,
        443525,
        530449,
        572749,
        676987,
        751872,
        803708,
        873464,
        971085,
        1073137,
        1145207,
        1195489,
        1263072,
        1317993,
        1385306,
        1457894,
        1526477,
        1572864,
      ]
    `);
  });

  test("golden: with a mean of 1 MiB", () => {
    expect(cut(seeded(8 * MiB), { kind: "content", size: MiB }).map(({ end }) => end)).toMatchInlineSnapshot(`
      [
        1195489,
        2590979,
        4327427,
        5526581,
        6849392,
        7907525,
        8388608,
      ]
    `);
  });

  test("golden: bytes that never vary are cut at four times the mean", () => {
    expect(cut(new Uint8Array(MiB), content).map(({ end }) => end)).toEqual([256 * KiB, 512 * KiB, 768 * KiB, MiB]);
  });

  test("lengths stay between half and four times the mean, and the mean is near the one asked for", () => {
    const lengths = cut(sample, content).map(({ start, end }) => end - start);
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThan(32 * KiB);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(256 * KiB);
    expect(sample.length / lengths.length).toBeGreaterThan(48 * KiB);
    expect(sample.length / lengths.length).toBeLessThan(112 * KiB);
  });

  test("an insertion changes the pieces around it, and the others are found again", () => {
    const inserted = Buffer.concat([
      sample.subarray(0, 1_000_000),
      Buffer.from("inserted"),
      sample.subarray(1_000_000),
    ]);
    const before = new Set(cut(sample, content).map(({ digest }) => digest));
    const after = cut(inserted, content);
    expect(after.filter(({ digest }) => !before.has(digest)).length).toBeLessThanOrEqual(3);
  });

  test.each([0, 1000, 32 * KiB, 3 * 64 * KiB, 32 * MiB])("a mean of %i bytes is refused", (size) => {
    expect(() => new PieceHasher({ kind: "content", size })).toThrow(RangeError);
  });

  test("the mean grows with the file, so that an index stays small", () => {
    expect([1, 256 * MiB, 1024 * MiB, 8192 * MiB, 2 ** 40].map(contentPieceSize)).toEqual([
      64 * KiB,
      64 * KiB,
      256 * KiB,
      2 * MiB,
      16 * MiB,
    ]);
  });
});

describe("pieces by ranges", () => {
  test("header, gaps and tail are pieces, too", () => {
    const bytes = sample.subarray(0, 100);
    const ranges = [
      { start: 40, end: 60 },
      { start: 10, end: 30 },
      { start: 60, end: 61 },
      { start: 70, end: 70 },
    ];
    const pieces = cut(bytes, { kind: "ranges", ranges }, 7);
    checkCover(bytes, pieces);
    expect(pieces.map(({ end }) => end)).toEqual([10, 30, 40, 60, 61, 70, 100]);
  });

  test("nothing is longer than the limit", () => {
    const bytes = new Uint8Array(pieceLimitBytes + 2 * MiB);
    const pieces = cut(bytes, { kind: "ranges", ranges: [{ start: MiB, end: bytes.length }] }, 8 * MiB);
    expect(pieces.map(({ end }) => end)).toEqual([MiB, MiB + pieceLimitBytes, bytes.length]);
  });

  test("an empty file has none", () => {
    expect(cut(new Uint8Array(), { kind: "ranges", ranges: [] })).toEqual([]);
    expect(cut(new Uint8Array(), content)).toEqual([]);
  });
});

test("pieces do not depend on how the chunks fall", () => {
  const ranges = fc.array(fc.tuple(fc.nat(600_000), fc.nat(600_000)), { maxLength: 8 });
  const split = fc.oneof(
    fc.constant<Split>(content),
    ranges.map<Split>((pairs) => {
      return { kind: "ranges", ranges: pairs.map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) })) };
    }),
  );
  fc.assert(
    fc.property(split, fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1 }), (how, steps) => {
      const bytes = sample.subarray(0, 500_000);
      const hasher = new PieceHasher(how);
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const step = steps[turn % steps.length] as number;
        hasher.update(bytes.subarray(at, at + step));
        at += step;
      }
      const pieces = hasher.end();
      checkCover(bytes, pieces);
      expect(pieces).toEqual(cut(bytes, how));
    }),
    { numRuns: 40 },
  );
});
