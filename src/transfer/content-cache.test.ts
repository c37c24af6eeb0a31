import { execFileSync } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTree, scratchDirectory, writeTree } from "../../test/support/scratch.ts";
import { makeFull, makeReadOnly } from "../../test/support/tmpfs.ts";
import { digestHex, digestOf } from "../base/digest.ts";
import { choosePrunable, listCache, removeContents, verifyCache } from "./cache-upkeep.ts";
import { ContentCache, type ContentCacheOptions } from "./content-cache.ts";

const content = "weights ".repeat(1_000);
const digest = digestOf(content);
const size = content.length;
const now = new Date("2026-11-20T12:00:00Z");

/** A cache that holds {@link content}, kept from `work/pulled`; and the path that the next pull puts it at. */
async function filled(sharing: ContentCacheOptions["sharing"] = "clone") {
  const root = await scratchDirectory();
  await writeTree(root, { "work/pulled": content });
  const cache = new ContentCache(join(root, "cache"), { sharing, clock: () => now });
  expect(await cache.keep(digest, join(root, "work/pulled"))).toBe(true);
  const take = (asked = size, signal?: AbortSignal) => cache.take(digest, asked, join(root, "work/taken"), signal);
  return {
    root,
    cache,
    take,
    entry: cache.entryPath(digest),
    pulled: join(root, "work/pulled"),
    taken: join(root, "work/taken"),
  };
}

for (const sharing of ["clone", "link"] as const) {
  test(`${sharing}: what was kept is taken, and nothing is left beside it`, async () => {
    const { cache, take, taken } = await filled(sharing);
    expect(await take()).toBe(true);
    expect(await readFile(taken, "utf8")).toBe(content);
    expect(await readdir(cache.temporaryPath)).toEqual([]);
  });

  test(`${sharing}: an entry that was changed is never handed out; it is removed, and kept anew`, async () => {
    const { cache, root, take, entry, taken, pulled } = await filled(sharing);
    await chmod(entry, 0o644);
    await writeFile(entry, content.replace("w", "W"));
    expect(await take()).toBe(false);
    await expect(lstat(taken)).rejects.toThrow("ENOENT");
    await expect(lstat(entry)).rejects.toThrow("ENOENT");
    await writeTree(root, { "work/fetched": content });
    expect(await cache.keep(digest, join(root, "work/fetched"))).toBe(true);
    expect(await take()).toBe(true);
    expect((await stat(pulled)).nlink).toBe(1);
  });
}

test("clone: the user's file and the cache's are two", async () => {
  const { take, taken, pulled, entry } = await filled();
  await writeFile(pulled, "edited");
  expect(await take()).toBe(true);
  await writeFile(taken, "edited, too");
  expect(await readFile(entry, "utf8")).toBe(content);
});

test("link: the user's file and the cache's are one, and can only be read", async () => {
  const { take, taken, pulled, entry } = await filled("link");
  expect(await take()).toBe(true);
  expect((await stat(taken)).ino).toBe((await stat(entry)).ino);
  expect((await stat(pulled)).mode & 0o222).toBe(0);
});

test("an entry that was cut is not handed out, and is replaced by the next whole file", async () => {
  const { cache, take, entry, pulled } = await filled();
  await truncate(entry, 10);
  expect(await take()).toBe(false);
  await cache.keep(digest, pulled);
  expect(await take()).toBe(true);
});

test("a manifest that lies about the size gets nothing, and does not empty the cache", async () => {
  const { take } = await filled();
  expect(await take(size + 1)).toBe(false);
  expect(await take()).toBe(true);
});

test("what is at the path already stays, and nothing is taken", async () => {
  const { root, take, taken } = await filled();
  await writeTree(root, { "work/taken": "mine" });
  expect(await take()).toBe(false);
  expect(await readFile(taken, "utf8")).toBe("mine");
});

test("an aborted take leaves nothing at the path, and the entry where it is", async () => {
  const { take, taken, entry } = await filled();
  await expect(take(size, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
  await expect(lstat(taken)).rejects.toThrow("ENOENT");
  expect((await stat(entry)).size).toBe(size);
});

for (const sharing of ["clone", "link"] as const) {
  test(`${sharing}: a link planted as an entry is not followed, and a pipe is not waited for`, async () => {
    const { root, cache, take, entry } = await filled(sharing);
    await rename(entry, join(root, "outside"));
    await symlink(join(root, "outside"), entry);
    expect(await take()).toBe(false);
    expect(await verifyCache(cache)).toMatchObject({ removed: [digest] });
    execFileSync("mkfifo", [entry]);
    expect(await take()).toBe(false);
    expect(await verifyCache(cache)).toMatchObject({ removed: [digest] });
    expect(await readFile(join(root, "outside"), "utf8")).toBe(content);
  });
}

for (const place of ["blobs", "blobs/sha256", "tmp"]) {
  test(`a link planted as ${place} is not followed: nothing is read, written or removed there`, async () => {
    const { root, cache, take, pulled } = await filled();
    await mkdir(join(root, "cache", "tmp"), { recursive: true });
    await rename(join(root, "cache", place), join(root, "outside"));
    await symlink(join(root, "outside"), join(root, "cache", place));
    const name = digestHex(digestOf("mine"));
    await writeTree(root, { [`outside/${name}`]: "mine", [`outside/sha256/${name}`]: "mine" });
    const before = await readTree(join(root, "outside"));
    expect(await take()).toBe(false);
    expect(await cache.keep(digestOf("other"), pulled)).toBe(false);
    expect(await listCache(cache)).toEqual([]);
    await verifyCache(cache);
    await removeContents(cache, [{ digest: digestOf("mine"), size: 4, usedAt: now }], new Date("2100-01-01"));
    expect(await readTree(join(root, "outside"))).toEqual(before);
  });
}

test("a cache that cannot be written says so and throws nothing", async () => {
  const { root, pulled } = await filled();
  await writeTree(root, { file: "" });
  const cache = new ContentCache(join(root, "file"), { sharing: "clone", clock: () => now });
  expect(await cache.keep(digest, pulled)).toBe(false);
  expect(await cache.take(digest, size, join(root, "work/taken"))).toBe(false);
});

test("a cache that can only be read gives what it has, and nothing that is wrong", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { pulled: content, "cache/none": "", wrong: content.replace("w", "W") });
  const cache = new ContentCache(join(root, "cache"), { sharing: "clone", clock: () => now });
  const wrong = digestOf("wrong");
  await makeReadOnly(join(root, "cache"), async () => {
    await cache.keep(digest, join(root, "pulled"));
    await cache.keep(wrong, join(root, "wrong"));
  });
  expect(await cache.take(digest, size, join(root, "taken"))).toBe(true);
  expect(await cache.take(wrong, size, join(root, "taken-2"))).toBe(false);
  expect(await cache.keep(digestOf("other"), join(root, "pulled"))).toBe(false);
});

test("a full disk keeps nothing, and nothing half", async () => {
  const { root, pulled } = await filled();
  await mkdir(join(root, "disk"));
  await makeFull(join(root, "disk"));
  const cache = new ContentCache(join(root, "disk"), { sharing: "clone", clock: () => now });
  expect(await cache.keep(digest, pulled)).toBe(false);
  expect(await readTree(join(root, "disk"))).toEqual({});
});

test("where the target's disk is full, nothing is taken and nothing half is left", async () => {
  const { root, cache } = await filled();
  await mkdir(join(root, "disk"));
  await makeFull(join(root, "disk"));
  expect(await cache.take(digest, size, join(root, "disk", "taken"))).toBe(false);
  expect(await readTree(join(root, "disk"))).toEqual({});
});

test("an entry that cannot be replaced leaves no temporary file behind", async () => {
  const { cache, entry, pulled } = await filled();
  await rename(entry, `${entry}.moved`);
  await mkdir(join(entry, "full"), { recursive: true });
  expect(await cache.keep(digest, pulled)).toBe(false);
  expect(await readdir(cache.temporaryPath)).toEqual([]);
});

test("sha512 content is not kept: files of models have sha256", async () => {
  const { cache, pulled } = await filled();
  expect(await cache.keep(digestOf(content, "sha512"), pulled)).toBe(false);
});

test("many at once keep and take one content, and each gets all of it", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { pulled: content });
  const caches = Array.from(
    { length: 16 },
    () => new ContentCache(join(root, "cache"), { sharing: "clone", clock: () => now }),
  );
  const taken = await Promise.all(
    caches.map(async (cache, at) => {
      await cache.keep(digest, join(root, "pulled"));
      return cache.take(digest, size, join(root, `taken-${at}`));
    }),
  );
  expect(taken).toEqual(caches.map(() => true));
  expect(await readdir(join(root, "cache", "blobs", "sha256"))).toEqual([digest.slice("sha256:".length)]);
});

test("listCache: what was used longest ago comes first, and other files are not its own", async () => {
  const { root, cache, entry, take } = await filled();
  await writeTree(root, { other: "other" });
  const other = digestOf("other");
  await cache.keep(other, join(root, "other"));
  await utimes(cache.entryPath(other), new Date("2026-11-01"), now);
  await utimes(entry, new Date("2026-10-01"), now);
  await writeTree(cache.blobsPath, { README: "not mreg's" });
  expect((await listCache(cache)).map((one) => one.digest)).toEqual([digest, other]);
  await take();
  expect(await listCache(cache)).toEqual([
    { digest: other, size: 5, usedAt: new Date("2026-11-01") },
    { digest, size, usedAt: now },
  ]);
});

const day = (at: number) => new Date(Date.UTC(2026, 0, at));
const entries = [1, 2, 3, 4].map((at) => ({ digest: digestOf(`${at}`), size: 10, usedAt: day(at) }));

for (const [what, limits, count] of [
  ["no limit", {}, 0],
  ["an age", { usedBefore: day(3) }, 2],
  ["a size", { maxBytes: 15 }, 3],
  ["a size that is not reached", { maxBytes: 40 }, 0],
  ["nothing may stay", { maxBytes: 0 }, 4],
  ["both", { usedBefore: day(2), maxBytes: 20 }, 2],
] as const) {
  test(`choosePrunable: ${what}: what was used longest ago goes`, () => {
    expect(choosePrunable(entries, limits)).toEqual(entries.slice(0, count));
  });
}

test("removeContents: also removes what was left behind a day ago, and not what is being written", async () => {
  const { cache } = await filled();
  await writeTree(cache.temporaryPath, { half: "half" });
  await removeContents(cache, await listCache(cache), new Date());
  expect(await listCache(cache)).toEqual([]);
  expect(await readdir(cache.temporaryPath)).toEqual(["half"]);
  await removeContents(cache, [], new Date(Date.now() + 25 * 60 * 60 * 1000));
  expect(await readdir(cache.temporaryPath)).toEqual([]);
});

test("verifyCache: hashes all and removes what is wrong", async () => {
  const { root, cache, entry } = await filled();
  await writeTree(root, { other: "other" });
  await cache.keep(digestOf("other"), join(root, "other"));
  await writeFile(entry, "x".repeat(size));
  expect(await verifyCache(cache)).toEqual({ files: 2, bytes: size + 5, removed: [digest] });
  expect((await listCache(cache)).map((one) => one.digest)).toEqual([digestOf("other")]);
});
