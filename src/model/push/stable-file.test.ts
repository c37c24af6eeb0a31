import { statSync, utimesSync } from "node:fs";
import { appendFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { scratchDirectory } from "../../../test/support/scratch.ts";
import { digestOf } from "../../base/digest.ts";
import type { TransferEvent } from "../../base/events.ts";
import { hashFile } from "../../base/file-digest.ts";
import { DigestCache } from "../../transfer/digest-cache.ts";
import { fileIdentity } from "../../transfer/file-identity.ts";
import { hashFiles } from "./hash-pass.ts";
import { withStableFile } from "./stable-file.ts";
import type { WalkedFile } from "./walk.ts";

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

function walked(path: string, location: string): WalkedFile {
  const stats = statSync(location, { bigint: true });
  return { path, location, size: Number(stats.size), identity: fileIdentity(stats) };
}

test("hashFiles: a file that changes while it is read, or since the walk, is named", async () => {
  const location = await fileOf("12345");
  const files = [walked("dir/a.json", location)];
  const onEvent = ({ type }: TransferEvent) => type === "bytes" && utimesSync(location, 7, 7);
  for (const options of [{ onEvent }, {}]) {
    const error = await rejectsWith(hashFiles(files, options), "DIGEST_MISMATCH");
    expect(error.message).toMatch(/^dir\/a\.json: it was written while it was read/);
  }
});

test("hashFiles: a file that has gone since the walk, and a signal", async () => {
  const location = await fileOf("12345");
  const files = [walked("a", location)];
  const signal = AbortSignal.abort(new Error("stop"));
  await expect(hashFiles(files, { signal })).rejects.toThrow("stop");
  await rm(location);
  await rejectsWith(hashFiles(files), "FILE_MISSING");
});

test("hashFiles: reads what it remembers only when it is told to, and tells what it reads", async () => {
  const location = await fileOf("12345");
  const files = [walked("a", location)];
  const digests = await DigestCache.open(join(await scratchDirectory(), "digests"));
  const clock = () => new Date(Date.now() + 10_000);
  const run = async (rehash: boolean) => {
    let read = 0;
    const hashing: unknown[] = [];
    const onEvent = (event: TransferEvent) => {
      if (event.type === "bytes") read += event.bytes;
    };
    const onHashing = (file: WalkedFile, digest: Promise<unknown>) => void hashing.push(file.path, digest);
    const [hashed] = await hashFiles(files, { digests, rehash, clock, onEvent, onHashing });
    expect(hashed?.digest).toBe(digestOf("12345"));
    return [read, ...(await Promise.all(hashing))];
  };
  expect(await run(false)).toEqual([5, "a", digestOf("12345")]);
  expect(await run(false)).toEqual([0]);
  expect(await run(true)).toEqual([5, "a", digestOf("12345")]);
});
