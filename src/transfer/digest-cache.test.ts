import { mkdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { type Digest, digestHex, digestOf } from "../base/digest.ts";
import { DigestCache } from "./digest-cache.ts";
import { DigestEntries, type DigestEntry } from "./digest-entries.ts";
import { type FileIdentity, fileIdentity } from "./file-identity.ts";

const digest = digestOf("content");
const inAnHour = () => new Date(Date.now() + 3_600_000);
const cachePath = async () => join(await scratchDirectory(), "cache", "digests");
const identityOf = async (path: string) => fileIdentity(await stat(path, { bigint: true }));

const file = (ino: number, extra: Partial<FileIdentity> = {}): FileIdentity => {
  return { dev: 1n, ino: BigInt(ino), size: 5n, mtimeNs: 10n, ctimeNs: 11n, ...extra };
};

/** A cache on disk that knows the files 1 to `count`. */
async function cacheOf(count: number): Promise<string> {
  const path = await cachePath();
  const cache = await DigestCache.open(path);
  for (let ino = 1; ino <= count; ino++) cache.put(file(ino), digestOf(`${ino}`), new Date());
  await cache.save();
  return path;
}

test("DigestCache: remembers, for this process and the next", async () => {
  const path = await cachePath();
  const cache = await DigestCache.open(path);
  expect(cache.get(file(1))).toBeUndefined();
  cache.put(file(1), digest, new Date());
  expect(cache.get(file(1))).toBe(digest);
  await cache.save();
  expect((await DigestCache.open(path)).get(file(1))).toBe(digest);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("DigestCache: any other file, length or time is another file", async () => {
  const numbers = fc.record({
    dev: fc.bigInt(0n, 3n),
    ino: fc.bigInt(0n, 3n),
    size: fc.bigInt(0n, 3n),
    mtimeNs: fc.bigInt(0n, 3n),
    ctimeNs: fc.bigInt(0n, 3n),
  });
  const path = await cachePath();
  await fc.assert(
    fc.asyncProperty(numbers, numbers, async (one, other) => {
      const cache = await DigestCache.open(path);
      cache.put(one, digest, new Date());
      const isSame = (Object.keys(one) as (keyof FileIdentity)[]).every((key) => one[key] === other[key]);
      expect(cache.get(other)).toBe(isSame ? digest : undefined);
    }),
  );
});

test.each([
  ["written 1.9 s before it was hashed", 1_900, 60_000, false],
  ["renamed 1.9 s before it was hashed", 60_000, 1_900, false],
  ["from the future", -60_000, -60_000, false],
  ["at rest for 2.1 s", 2_100, 2_100, true],
])("DigestCache: a file %s", async (_, mtimeAgoMs, ctimeAgoMs, isKept) => {
  const now = new Date();
  const agoNs = (ms: number) => BigInt(now.getTime() - ms) * 1_000_000n;
  const identity = file(1, { mtimeNs: agoNs(mtimeAgoMs), ctimeNs: agoNs(ctimeAgoMs) });
  const cache = await DigestCache.open(await cachePath());
  cache.put(identity, digest, now);
  expect(cache.get(identity)).toBe(isKept ? digest : undefined);
});

test("DigestCache: other content under the same length and time, within the grain, is never taken for the old", async () => {
  const path = join(await scratchDirectory(), "w.bin");
  await writeFile(path, "one");
  const cache = await DigestCache.open(await cachePath());
  const before = await identityOf(path);
  cache.put(before, digestOf("one"), new Date());
  await writeFile(path, "two");
  expect(cache.get(await identityOf(path))).toBeUndefined();
  // As coarse as a file system gets: nothing tells the two apart, so that the first must not have been kept.
  expect(cache.get(before)).toBeUndefined();
});

test.each([
  [
    "touched back after a write",
    async (path: string) => {
      const { atime, mtime } = await stat(path);
      await writeFile(path, "two");
      await utimes(path, atime, mtime);
    },
  ],
  [
    "replaced by a rename",
    async (path: string) => {
      const { atime, mtime } = await stat(path);
      await writeFile(`${path}.new`, "two");
      await utimes(`${path}.new`, atime, mtime);
      await rename(`${path}.new`, path);
    },
  ],
])("DigestCache: a file %s is unknown", async (_, change) => {
  const path = join(await scratchDirectory(), "w.bin");
  await writeFile(path, "one");
  await utimes(path, 1_000_000_000, 1_000_000_000);
  const cache = await DigestCache.open(await cachePath());
  cache.put(await identityOf(path), digestOf("one"), inAnHour());
  expect(cache.get(await identityOf(path))).toBe(digestOf("one"));
  await change(path);
  expect(cache.get(await identityOf(path))).toBeUndefined();
});

test("DigestCache: a file damaged in any byte, or cut anywhere, is an empty cache, and then works again", async () => {
  const path = await cacheOf(3);
  const whole = await readFile(path);
  const damage = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255), cut: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(damage, async ({ at, to, cut }) => {
      const bytes = cut ? whole.subarray(0, at) : Buffer.from(whole);
      if (!cut) bytes[at] = to;
      await writeFile(path, bytes);
      const cache = await DigestCache.open(path);
      const known = [1, 2, 3].filter((ino) => cache.get(file(ino)) !== undefined);
      expect(known).toEqual(bytes.equals(whole) ? [1, 2, 3] : []);
      cache.put(file(4), digest, new Date());
      await cache.save();
      expect((await DigestCache.open(path)).get(file(4))).toBe(digest);
    }),
  );
});

test("DigestCache: the first questions and the thousandth have the same answers, of files that are there and that are not", async () => {
  const cache = await DigestCache.open(await cacheOf(300));
  const ask = () =>
    Array.from({ length: 302 }, (_, ino) => [cache.get(file(ino)), cache.get(file(ino, { size: 6n }))] as const);
  const expected = Array.from({ length: 302 }, (_, ino) => {
    return [ino >= 1 && ino <= 300 ? digestOf(`${ino}`) : undefined, undefined] as const;
  });
  expect(ask()).toEqual(expected);
  expect(ask()).toEqual(expected);
  // Of names that are the end of another one's, or its beginning, none is taken for the other.
  const fresh = await DigestCache.open(await cacheOf(12));
  expect([0, 1, 2, 11, 12, 112].map((ino) => fresh.get(file(ino)))).toEqual(
    [undefined, "1", "2", "11", "12", undefined].map((text) => (text ? digestOf(text) : undefined)),
  );
  expect(fresh.get(file(1, { dev: 11n }))).toBeUndefined();
});

test("DigestCache: a huge file, a directory in its place, and a place that cannot be written", async () => {
  const huge = await cacheOf(1);
  await writeFile(huge, Buffer.alloc(35_000_000, "mreg-digests-1\n"));
  expect((await DigestCache.open(huge)).get(file(1))).toBeUndefined();
  const directory = await cachePath();
  await mkdir(directory, { recursive: true });
  for (const path of [directory, join(dirname(huge), "digests", "below")]) {
    const cache = await DigestCache.open(path);
    cache.put(file(1), digest, new Date());
    await cache.save();
    expect(cache.get(file(1))).toBe(digest);
  }
});

test("DigestEntries: few are put into the bytes and many into all entries, with the same outcome", async () => {
  const read = await DigestEntries.read(await cacheOf(40));
  const put = fc.record({ ino: fc.integer({ min: 1, max: 60 }), state: fc.nat(9).map((size) => `${size} 1 2`) });
  const puts = fc.uniqueArray(put, { selector: ({ ino }) => ino, maxLength: 12 });
  const hex = digestHex(digest);
  // Names that are not there make it many, and are the oldest of what is added.
  const padding = Array.from({ length: 13 }, (_, at) => [`2 ${at}`, { state: "1 1 1", hex }] as const);
  const written = (entries: readonly (readonly [string, DigestEntry])[], mostBytes?: number) =>
    read.with(new Map(entries), mostBytes).toString("latin1").split("\n").slice(1, -2);
  fc.assert(
    fc.property(puts, fc.nat(60), fc.nat(1), (few, keep, spareBytes) => {
      const added = few.map(({ ino, state }) => [`1 ${ino}`, { state, hex }] as const);
      const wanted = written([...padding, ...added]).filter((each) => !each.startsWith("2 "));
      expect(written(added)).toEqual(wanted);
      const kept = wanted.slice(Math.max(0, wanted.length - keep));
      const mostBytes = kept.reduce((sum, { length }) => sum + length + 1, spareBytes);
      expect(written(added, mostBytes)).toEqual(kept);
    }),
  );
});

test("DigestCache: a file that changed has one entry only, and one that is put last is forgotten last", async () => {
  const path = await cacheOf(3);
  const cache = await DigestCache.open(path);
  cache.put(file(2, { size: 6n }), digest, new Date());
  await cache.save();
  const lines = (await readFile(path, "latin1")).split("\n").slice(1, -2);
  expect(lines.map((each) => each.split(" ").slice(1, 3))).toEqual([
    ["1", "5"],
    ["3", "5"],
    ["2", "6"],
  ]);
  const again = await DigestCache.open(path);
  expect(again.get(file(2))).toBeUndefined();
  expect(again.get(file(2, { size: 6n }))).toBe(digest);
});

test("DigestCache: whoever saves later keeps what others saved meanwhile", async () => {
  const path = await cacheOf(1);
  const [one, other] = [await DigestCache.open(path), await DigestCache.open(path)];
  one.put(file(2), digestOf("2"), new Date());
  other.put(file(3), digestOf("3"), new Date());
  await one.save();
  await other.save();
  const cache = await DigestCache.open(path);
  expect([1, 2, 3].map((ino): Digest | undefined => cache.get(file(ino)))).toEqual(
    ["1", "2", "3"].map((n) => digestOf(n)),
  );
});

test("DigestCache: many that save at once leave a whole file behind", async () => {
  const path = await cacheOf(1);
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const cache = await DigestCache.open(path);
      cache.put(file(100 + index), digest, new Date());
      await cache.save();
    }),
  );
  const cache = await DigestCache.open(path);
  expect(cache.get(file(1))).toBe(digestOf("1"));
  expect(Array.from({ length: 20 }, (_, index) => cache.get(file(100 + index))).filter(Boolean)).not.toHaveLength(0);
});
