import { beforeAll, describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { blobOf, seededBytes } from "../../../test/support/fixtures.ts";
import type { ByteRange } from "../../oci/content.ts";
import { WitnessedReader } from "./witnessed-reader.ts";

const mebibyte = 1024 * 1024;
let bytes: Buffer;
beforeAll(() => {
  bytes = Buffer.from(seededBytes(4, 18 * mebibyte + 5));
});

/** A store that serves `whole` to those who read everything, and `parts` to those who read ranges. */
function storeOf(whole: Uint8Array, parts: (call: number) => Uint8Array = () => whole) {
  const ranges: ByteRange[] = [];
  const store = {
    ranges,
    async *fetch() {
      for (let at = 0; at < whole.length; at += 700_001) yield whole.subarray(at, at + 700_001);
    },
    async *fetchRange(_: unknown, range: ByteRange) {
      ranges.push(range);
      yield parts(ranges.length).subarray(range.start, range.end);
    },
  };
  return store;
}

const read = (store: ReturnType<typeof storeOf>, size: number) =>
  new WitnessedReader(store, { ...blobOf(Buffer.from("x")).descriptor, size }, {});

describe("WitnessedReader", () => {
  it("gives any part of long content, and confirms it", async () => {
    const store = storeOf(bytes);
    const reader = read(store, bytes.length);
    for (const [offset, length] of [
      [0, 8],
      [bytes.length - 9, 9],
      [mebibyte - 1, 2 * mebibyte + 2],
      [5, 0],
    ] as const) {
      const part = await reader.read(offset, length);
      expect(Buffer.compare(part, bytes.subarray(offset, offset + length))).toBe(0);
    }
    await reader.confirm();
    expect(store.ranges.every(({ start }) => start % mebibyte === 0)).toBe(true);
  });

  it("reads short content once, and no ranges", async () => {
    const store = storeOf(bytes.subarray(0, 1000));
    const reader = read(store, 1000);
    expect(Buffer.compare(await reader.read(10, 20), bytes.subarray(10, 30))).toBe(0);
    await reader.confirm();
    expect(store.ranges).toEqual([]);
  });

  it("gives no verdict when a range was other than the whole", async () => {
    const other = Buffer.from(bytes);
    other[17 * mebibyte] = (other[17 * mebibyte] ?? 0) ^ 1;
    const reader = read(
      storeOf(bytes, () => other),
      bytes.length,
    );
    await reader.read(17 * mebibyte + 5, 1);
    await rejectsWith(reader.confirm(), "DIGEST_MISMATCH");
  });

  it("notices that a range is another when read again", async () => {
    const other = Buffer.alloc(bytes.length);
    const store = storeOf(bytes, (call) => (call > 10 ? other : bytes));
    const reader = read(store, bytes.length);
    for (let block = 0; block < 10; block++) await reader.read(block * mebibyte, 1);
    await rejectsWith(reader.read(0, 1), "DIGEST_MISMATCH");
  });

  it("refuses to read beyond the end", async () => {
    await rejectsWith(read(storeOf(bytes), bytes.length).read(bytes.length - 1, 2), "SIZE_MISMATCH");
  });
});
