import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { lendFile } from "./file-stream.ts";

const chunkBytes = 256 * 1024;

async function fileOf(size: number): Promise<{ location: string; bytes: Buffer }> {
  const location = join(await scratchDirectory(), "file");
  const bytes = Buffer.from(Uint32Array.from({ length: Math.ceil(size / 4) }, (_, index) => index).buffer);
  await writeFile(location, bytes.subarray(0, size));
  return { location, bytes: bytes.subarray(0, size) };
}

test.each([0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 7 * chunkBytes, 12 * chunkBytes + 3])(
  "lendFile: %i bytes, from any offset, to a reader that holds each chunk while it takes the next",
  async (size) => {
    const { location, bytes } = await fileOf(size);
    for (const start of [0, Math.floor(size / 3), Math.max(0, size - 1), size]) {
      const copies: Buffer[] = [];
      let held: Uint8Array | undefined;
      for await (const chunk of lendFile(location, { start })) {
        if (held) copies.push(Buffer.from(held));
        held = chunk;
      }
      if (held) copies.push(Buffer.from(held));
      expect(Buffer.concat(copies).equals(bytes.subarray(start))).toBe(true);
    }
  },
);

test("lendFile: looks at the file first, and before the last bytes leave", async () => {
  const { location } = await fileOf(3 * chunkBytes);
  let taken = 0;
  const looks: number[] = [];
  const check = async () => void looks.push(taken);
  for await (const chunk of lendFile(location, { check })) taken += chunk.byteLength;
  expect(looks).toEqual([0, 2 * chunkBytes]);
});

test("lendFile: what the look throws ends it", async () => {
  const { location } = await fileOf(3 * chunkBytes);
  const check = async () => {
    throw new Error("changed");
  };
  await expect(lendFile(location, { check })[Symbol.asyncIterator]().next()).rejects.toThrow("changed");
});

test("lendFile: a reader that stops early closes the file, and one that is not there is an error", async () => {
  const { location } = await fileOf(9 * chunkBytes);
  for await (const chunk of lendFile(location)) {
    expect(chunk.byteLength).toBe(chunkBytes);
    break;
  }
  await appendFile(location, "!");
  await expect(lendFile("/nowhere/at/all")[Symbol.asyncIterator]().next()).rejects.toThrow("ENOENT");
});
