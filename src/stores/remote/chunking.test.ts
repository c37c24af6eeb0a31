import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Chunking, pieceCountLimit } from "./chunking.ts";

const mebibyte = 1024 * 1024;
const length = fc.integer({ min: 1, max: 2 ** 45 });

describe("Chunking", () => {
  it("keeps to the registry's limits, and never makes more than the limit of pieces of its own accord", () => {
    fc.assert(
      fc.property(length, fc.option(length, { nil: undefined }), length, (size, asked, minBytes) => {
        const bytes = new Chunking(asked).pieceBytes(size, { minBytes });
        if (bytes === undefined) return;
        expect(bytes).toBeGreaterThanOrEqual(minBytes);
        expect(bytes).toBeLessThan(size);
        expect(size / bytes).toBeLessThanOrEqual(pieceCountLimit);
      }),
    );
    fc.assert(
      fc.property(length, fc.option(length, { nil: undefined }), length, length, (size, asked, minBytes, maxBytes) => {
        const bytes = new Chunking(asked).pieceBytes(size, { minBytes, maxBytes });
        expect(bytes ?? size).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });

  it("ends, whatever is answered with 413", () => {
    fc.assert(
      fc.property(length, fc.option(length, { nil: undefined }), (size, asked) => {
        const chunking = new Chunking(asked);
        for (let tries = 0; ; tries++) {
          expect(tries).toBeLessThan(10);
          const bytes = chunking.pieceBytes(size, {});
          if (!chunking.refused(bytes === undefined ? "PUT" : "PATCH", bytes ?? size)) return;
        }
      }),
    );
  });

  for (const asked of [0, -5, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`makes something of being asked for pieces of ${asked} bytes`, () => {
      const bytes = new Chunking(asked).pieceBytes(3 * mebibyte, {}) ?? 3 * mebibyte;
      expect(Number.isInteger(bytes) && bytes > 0).toBe(true);
    });
  }

  it("does not give up for one upload what another has found out at the same time", () => {
    const chunking = new Chunking();
    expect(chunking.refused("PUT", 1_000)).toBe(true);
    expect(chunking.refused("PUT", 1_000)).toBe(true);
    expect(chunking.refused("PATCH", 1_000)).toBe(false);
    const other = new Chunking(mebibyte);
    expect([other.lostPieces(), other.lostPieces()]).toEqual([true, true]);
    expect(other.takesPieces).toBe(false);
  });
});
