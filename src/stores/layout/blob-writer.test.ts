import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { scratchDirectory } from "../../../test/support/scratch.ts";
import { digestOf } from "../../base/digest.ts";
import { BlobWriter } from "./blob-writer.ts";

const bytes = Buffer.from(Array.from({ length: 600_000 }, (_, at) => (at * 31) >> 3));

/** Writes into a new file as a store does that receives `step` bytes at a time. */
async function write(content: Uint8Array, { step = 100_000, size = bytes.byteLength, flags = "w" } = {}) {
  const path = join(await scratchDirectory(), "blob");
  writeFileSync(path, "");
  const file = openSync(path, flags);
  onTestFinished(() => closeSync(file));
  let counted = 0;
  const target = { mediaType: "application/octet-stream", digest: digestOf(bytes), size };
  const writer = new BlobWriter(file, target, (count) => {
    counted += count;
  });
  let isWanted = true;
  for (let at = 0; at < content.byteLength && isWanted; ) {
    const room = writer.room();
    const count = Math.min(step, room.byteLength, content.byteLength - at);
    room.set(content.subarray(at, at + count));
    at += count;
    isWanted = writer.filled(count);
  }
  return { end: () => writer.end(), isWanted, counted: () => counted, written: () => readFileSync(path) };
}

test.each([1_000_000, 100_000, 7])("BlobWriter: writes what comes %i bytes at a time, and counts it", async (step) => {
  const { end, counted, written } = await write(bytes, { step });
  end();
  expect(digestOf(written())).toBe(digestOf(bytes));
  expect(counted()).toBe(bytes.byteLength);
});

test("BlobWriter: refuses what is short, long or altered", async () => {
  const altered = Buffer.from(bytes);
  altered[599_999]! ^= 1;
  expect((await write(altered)).end).toThrow(expect.objectContaining({ code: "DIGEST_MISMATCH" }));
  expect((await write(bytes.subarray(1))).end).toThrow(expect.objectContaining({ code: "SIZE_MISMATCH" }));
  const long = await write(bytes, { size: 300_000 });
  expect(long.isWanted).toBe(false);
  expect(long.end).toThrow(expect.objectContaining({ code: "TRAILING_DATA" }));
});

test("BlobWriter: a disk that fails wants no more, and is an error of the end, not of the source", async () => {
  const { end, isWanted } = await write(bytes, { flags: "r" });
  expect(isWanted).toBe(false);
  expect(end).toThrow(expect.objectContaining({ code: "EBADF" }));
});
