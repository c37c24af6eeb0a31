import { utimesSync } from "node:fs";
import { open, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { rejectsWith } from "../../test/support/expect.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { digestOf } from "../base/digest.ts";
import { HashPool } from "./hash-pool.ts";
import { PieceHasher, type Split } from "./pieces/index.ts";

const mebibyte = 1024 * 1024;
const pools: HashPool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function poolOf(workers: number): HashPool {
  const pool = new HashPool({ workers });
  pools.push(pool);
  return pool;
}

async function fileOf(bytes: Uint8Array): Promise<string> {
  const location = join(await scratchDirectory(), "file");
  await writeFile(location, bytes);
  return location;
}

/** Sizes on either side of each way of hashing. */
const ways = [0, 1, mebibyte, mebibyte + 1, 16 * mebibyte, 16 * mebibyte + 1] as const;

test.each(ways.flatMap((size) => [0, 1].map((workers) => [size, workers] as const)))(
  "HashPool: %i bytes with %i workers have digest, size, pieces and identity, and are counted",
  async (size, workers) => {
    const bytes = Buffer.alloc(size, "some weights ");
    const split: Split = { kind: "ranges", ranges: [{ start: 3, end: 700_000 }] };
    const pieces = new PieceHasher(split);
    pieces.update(bytes);
    let counted = 0;
    const onBytes = (count: number) => (counted += count);
    const location = await fileOf(bytes);
    const hashed = await poolOf(workers).hash({ location, size, split, onBytes });
    expect(hashed).toMatchObject({ digest: digestOf(bytes), size, pieces: pieces.end() });
    expect(hashed.identity?.size).toBe(BigInt(size));
    expect(counted).toBe(size);
  },
);

test.each(ways.flatMap((size) => [0, 1].map((workers) => [size, workers] as const)))(
  "HashPool: %i bytes with %i workers are written to another file in the same pass",
  async (size, workers) => {
    const bytes = Buffer.alloc(size, "some weights ");
    const location = await fileOf(bytes);
    const copy = await open(`${location}.copy`, "wx");
    const hashed = await poolOf(workers).hash({ location, size, copyTo: copy.fd });
    await copy.close();
    expect(hashed.digest).toBe(digestOf(bytes));
    expect((await readFile(`${location}.copy`)).equals(bytes)).toBe(true);
  },
);

test.each([
  [1, 0],
  [2 * mebibyte, 0],
  [32 * mebibyte, 1],
])("HashPool: %i bytes are hashed also when the copy cannot be written (%i workers)", async (size, workers) => {
  const bytes = Buffer.alloc(size, "some weights ");
  const location = await fileOf(bytes);
  await writeFile(`${location}.copy`, "");
  const readOnly = await open(`${location}.copy`, "r");
  const hashed = await poolOf(workers).hash({ location, size, copyTo: readOnly.fd });
  await readOnly.close();
  expect(hashed.digest).toBe(digestOf(bytes));
  expect(await readFile(`${location}.copy`, "utf8")).toBe("");
});

test.each([
  [1, 0],
  [2 * mebibyte, 0],
  [32 * mebibyte, 1],
])("HashPool: a file of %i bytes that is written meanwhile is refused (%i workers)", async (size, workers) => {
  const location = await fileOf(Buffer.alloc(size));
  const onBytes = () => utimesSync(location, 7, 7);
  const error = await rejectsWith(poolOf(workers).hash({ location, size, onBytes }), "DIGEST_MISMATCH");
  expect(error.message).toBe("it was written while it was read");
});

test("HashPool: more files than workers, one that is not there among them", async () => {
  const pool = poolOf(2);
  const size = 17 * mebibyte;
  const locations = await Promise.all([1, 2, 3, 4, 5].map((fill) => fileOf(Buffer.alloc(size, fill))));
  const hashes = [...locations, "/nowhere/at/all"].map((location) => pool.hash({ location, size }));
  const outcomes = await Promise.allSettled(hashes);
  expect(outcomes.slice(0, 5).map((each) => each.status === "fulfilled" && each.value.digest)).toEqual(
    [1, 2, 3, 4, 5].map((fill) => digestOf(Buffer.alloc(size, fill))),
  );
  expect(outcomes[5]).toMatchObject({ status: "rejected", reason: { code: "ENOENT" } });
});

test.each([0, 1])(
  "HashPool: an abort in the middle of a file ends it with the reason (%i workers)",
  async (workers) => {
    const pool = poolOf(workers);
    const size = 512 * mebibyte;
    const location = await fileOf(Buffer.alloc(0));
    // A hole: as long as it says, and nothing to write.
    await truncate(location, size);
    const stop = new AbortController();
    const reason = new Error("enough");
    let hashed = 0;
    const onBytes = (count: number) => {
      hashed += count;
      stop.abort(reason);
    };
    await expect(pool.hash({ location, size, signal: stop.signal, onBytes })).rejects.toBe(reason);
    expect(hashed).toBeLessThan(size);
    await truncate(location, 17 * mebibyte);
    expect((await pool.hash({ location, size: 17 * mebibyte })).size).toBe(17 * mebibyte);
  },
);

test.each([0, 1])("HashPool: what a listener throws ends the hash, not the process (%i workers)", async (workers) => {
  const pool = poolOf(workers);
  const size = 17 * mebibyte;
  const location = await fileOf(Buffer.alloc(size));
  const broken = new Error("broken");
  const hash = pool.hash({
    location,
    size,
    onBytes: () => {
      throw broken;
    },
  });
  await expect(hash).rejects.toBe(broken);
});

test("HashPool: closing ends a file that is being hashed", async () => {
  const pool = poolOf(1);
  const size = 64 * mebibyte;
  const location = await fileOf(Buffer.alloc(size));
  const closings: Promise<void>[] = [];
  const hash = pool.hash({ location, size, onBytes: () => void closings.push(pool.close()) });
  await expect(hash).rejects.toThrow(/ended/);
  await Promise.all(closings);
});

test.each([
  ["small files", Array.from({ length: 10_000 }, () => 4096), 2, 0],
  ["one core", [10 * 1024 * mebibyte], 1, 0],
  ["one large file", [1024 * mebibyte, 5, 5], 8, 1],
  ["eight shards", Array.from({ length: 8 }, () => 128 * mebibyte), 3, 2],
  ["a hundred shards on many cores", Array.from({ length: 100 }, () => 1024 * mebibyte), 64, 4],
])("HashPool.workersFor: %s", (_, sizes, cores, workers) => {
  expect(HashPool.workersFor(sizes, cores)).toBe(workers);
});
