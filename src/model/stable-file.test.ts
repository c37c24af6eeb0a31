import { utimesSync } from "node:fs";
import { appendFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rejectsWith } from "../../test/support/expect.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { digestOf } from "../base/digest.ts";
import type { TransferEvent } from "../base/events.ts";
import { hashFile } from "../base/file-digest.ts";
import { hashFiles } from "./hash-pass.ts";
import { withStableFile } from "./stable-file.ts";

async function fileOf(content: Uint8Array | string): Promise<string> {
  const path = join(await scratchDirectory(), "file");
  await writeFile(path, content);
  await utimes(path, 1, 1);
  return path;
}

test.each([0, 1, 4096, 1024 * 1024, 1024 * 1024 + 1, 5_000_000])("hashFile: %i bytes", async (size) => {
  const bytes = Buffer.alloc(size, "mreg");
  const counts: number[] = [];
  const hashed = await withStableFile(await fileOf(bytes), (file, expected) => {
    return hashFile(file, expected, { onBytes: (count) => counts.push(count) });
  });
  expect(hashed).toEqual({ digest: digestOf(bytes), size });
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(size);
});

test("withStableFile: refuses a file that grows, or is written to, while it is read", async () => {
  const path = await fileOf("12345");
  await rejectsWith(
    withStableFile(path, () => appendFile(path, "6")),
    "SIZE_MISMATCH",
  );
  await rejectsWith(
    withStableFile(path, () => writeFile(path, "654321")),
    "DIGEST_MISMATCH",
  );
});

test("hashFiles: a file that changes while it is read is named", async () => {
  const location = await fileOf("12345");
  const files = [{ path: "dir/a.json", location, size: 5 }];
  const onEvent = ({ type }: TransferEvent) => type === "bytes" && utimesSync(location, 7, 7);
  const error = await rejectsWith(hashFiles(files, { onEvent }), "DIGEST_MISMATCH");
  expect(error.message).toMatch(/^dir\/a\.json: it was written while it was read/);
});

test("hashFiles: a file that has gone since the walk, and a signal", async () => {
  const gone = [{ path: "a", location: "/nowhere/at/all", size: 5 }];
  await rejectsWith(hashFiles(gone), "FILE_MISSING");
  const location = await fileOf("12345");
  const signal = AbortSignal.abort(new Error("stop"));
  await expect(hashFiles([{ path: "a", location, size: 5 }], { signal })).rejects.toThrow("stop");
});
