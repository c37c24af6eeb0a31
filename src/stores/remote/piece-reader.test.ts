import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, rejectsWith } from "../../../test/support/expect.ts";
import { blobOf, lyingSource, seededBytes, slowSource } from "../../../test/support/fixtures.ts";
import { PieceReader } from "./piece-reader.ts";

const size = 1_000;
const bytes = seededBytes(1, size);
const blob = blobOf(bytes);

describe("PieceReader", () => {
  it("gives the bytes asked for, however often it is interrupted and goes back", async () => {
    const step = fc.record({ length: fc.integer({ min: 1, max: 400 }), stopAfter: fc.nat(3), back: fc.nat(300) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 300 }), async (steps, chunk) => {
        const reader = new PieceReader(slowSource(blob, chunk, () => {}));
        let at = 0;
        for (const { length, stopAfter, back } of steps) {
          const end = Math.min(size, at + length);
          let received = at;
          let chunks = 0;
          for await (const piece of reader.read(at, end)) {
            expect(Buffer.from(piece).equals(bytes.subarray(received, received + piece.byteLength))).toBe(true);
            received += piece.byteLength;
            if (stopAfter > 0 && ++chunks === stopAfter) break;
          }
          if (stopAfter === 0) expect(received).toBe(end);
          expect(reader.seen).toBeGreaterThanOrEqual(received);
          at = Math.max(0, received - back);
        }
        const rest = await bytesOf(reader.read(at, size));
        expect(rest.equals(bytes.subarray(at))).toBe(true);
      }),
    );
  });

  for (const [what, content, code] of [
    [
      "another byte",
      Buffer.concat([bytes.subarray(0, 500), Buffer.of((bytes[500] ?? 0) ^ 1), bytes.subarray(501)]),
      "DIGEST_MISMATCH",
    ],
    ["a byte too few", bytes.subarray(0, size - 1), "SIZE_MISMATCH"],
    ["a byte too many", Buffer.concat([bytes, Buffer.of(0)]), "TRAILING_DATA"],
  ] as const) {
    for (const stops of [[size], [300, 600, size], [501, size]]) {
      it(`keeps back the end of content with ${what}, read up to ${stops.join(", ")}`, async () => {
        const reader = new PieceReader(slowSource(lyingSource(blob.descriptor, content), 100, () => {}));
        let [at, sent] = [0, 0];
        const read = async () => {
          for (const end of stops) {
            for await (const piece of reader.read(at, end)) sent += piece.byteLength;
            at = end;
          }
        };
        await rejectsWith(read(), code);
        expect(sent).toBeLessThan(size);
      });
    }
  }

  it("closes the source when it is dropped, and when it is left for another offset", async () => {
    let closed = 0;
    const open = async function* (offset = 0) {
      try {
        for (let at = offset; at < size; at += 100) yield bytes.subarray(at, at + 100);
      } finally {
        closed += 1;
      }
    };
    const reader = new PieceReader({ descriptor: blob.descriptor, open });
    await bytesOf(reader.read(0, 300));
    await bytesOf(reader.read(100, 400));
    expect(closed).toBe(1);
    reader.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(2);
  });
});
