import { mkdirSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { readTree, scratchDirectory } from "../../test/support/scratch.ts";
import { digestOf } from "../base/digest.ts";
import { divideMembers, type MemberShares, membersOf, stopShares, writeShares } from "./member-shares.ts";
import { restoreArchive } from "./restore-archive.ts";
import { RestoreThread } from "./restore-thread.ts";
import { StagedTree } from "./staged-tree.ts";
import type { HashedMember } from "./tar-archive.ts";

const threads: RestoreThread[] = [];
afterEach(() => Promise.all(threads.splice(0).map((thread) => thread.close())));

/** A thread that is worth it, on a machine with two cores. */
function startedThread(): RestoreThread {
  const thread = new RestoreThread();
  threads.push(thread);
  thread.start(8 * 1024 * 1024, 2);
  return thread;
}

interface Case {
  readonly archive: string;
  readonly members: readonly HashedMember[];
  readonly tree: StagedTree;
  /** What the tree holds when all members are in it. */
  readonly expected: Readonly<Record<string, string>>;
}

/** Members in directories of a hundred, of lengths from 0 to 1,000 bytes, behind one another with a gap before each. */
async function archiveOf(count: number): Promise<Case> {
  const directory = await scratchDirectory();
  const archive = join(directory, "archive");
  const expected: Record<string, string> = {};
  const members: HashedMember[] = [];
  const bytes: string[] = [];
  let offset = 0;
  for (let index = 0; index < count; index++) {
    const path = `d${Math.floor(index / 100)}/${index}`;
    const content = `${index},`.repeat(index % 200).slice(0, 1_000);
    bytes.push("-gap-", content);
    offset += 5;
    members.push({ path, digest: digestOf(content), size: content.length, offset });
    offset += content.length;
    expected[path] = content;
  }
  await writeFile(archive, bytes.join(""));
  return { archive, members, tree: new StagedTree(join(directory, "tree")), expected };
}

const signal = new AbortController().signal;

test.each([
  ["one thread", () => new RestoreThread()],
  ["two threads", startedThread],
])("restoreArchive: %s write each file once, and tell of each", async (_, newThread) => {
  const { archive, members, tree, expected } = await archiveOf(1_500);
  const told: string[] = [];
  await restoreArchive(archive, members, tree, {
    signal,
    thread: newThread(),
    onFile: ({ path }) => told.push(path),
  });
  expect(await readTree(tree.root)).toEqual(expected);
  expect(told.sort()).toEqual(Object.keys(expected).sort());
});

test("restoreArchive: members of more than a mebibyte, flushed and not", async () => {
  const directory = await scratchDirectory();
  const archive = join(directory, "archive");
  const content = Buffer.alloc(3 * 1024 * 1024 + 5, "0123456789abcdef-");
  await writeFile(archive, content);
  const size = content.byteLength - 7;
  const members = [{ path: "large", digest: digestOf(""), size, offset: 7 }];
  for (const isDurable of [true, false]) {
    const tree = new StagedTree(join(directory, `tree-${isDurable}`));
    await restoreArchive(archive, members, tree, { signal, thread: new RestoreThread(), isDurable, onFile: () => {} });
    expect((await readFile(join(tree.root, "large"))).equals(content.subarray(7))).toBe(true);
  }
});

test.each([
  ["its signal", (stop: AbortController) => stop.abort(new Error("stopped"))],
  [
    "a listener that throws",
    () => {
      throw new Error("stopped");
    },
  ],
])("restoreArchive: ended by %s, it stops the other thread and waits for it", async (_, end) => {
  const { archive, members, tree } = await archiveOf(200);
  let isOver = false;
  const other = {
    async write({ taken, paths }: MemberShares) {
      await vi.waitUntil(() => Atomics.load(taken, 0) >= paths.length, { timeout: 60_000 });
      await turn();
      isOver = true;
    },
  };
  const stop = new AbortController();
  const work = restoreArchive(archive, members, tree, { signal: stop.signal, thread: other, onFile: () => end(stop) });
  await expect(work).rejects.toThrow("stopped");
  expect(isOver).toBe(true);
  expect(await readdir(tree.root)).toEqual(["d0"]);
});

test("restoreArchive: fails as the other thread does", async () => {
  const { archive, members, tree } = await archiveOf(200);
  const thread = { write: () => Promise.reject(new Error("the disk is full")) };
  await expect(restoreArchive(archive, members, tree, { signal, thread, onFile: () => {} })).rejects.toThrow("disk");
});

test("RestoreThread: writes all shares where nobody else does, from the last on", async () => {
  const { archive, members, tree, expected } = await archiveOf(1_100);
  const shares: number[] = [];
  await startedThread().write(divideMembers(archive, tree.root, members), (share) => shares.push(share));
  expect(shares).toEqual(Array.from({ length: 18 }, (_, index) => 17 - index));
  expect(await readTree(tree.root)).toEqual(expected);
});

test("RestoreThread: its failure keeps its code, and ends the other one's work", async () => {
  const { archive, members, tree } = await archiveOf(1_100);
  const last = members.at(-1) as HashedMember;
  mkdirSync(join(tree.root, "d10"));
  await writeFile(join(tree.root, last.path), "in the way");
  const shares = divideMembers(archive, tree.root, members);
  await expect(startedThread().write(shares, () => {})).rejects.toMatchObject({ code: "EEXIST" });
  expect([...writeShares(shares, "first")]).toEqual([]);
  expect(await readFile(join(tree.root, last.path), "utf8")).toBe("in the way");
});

test("RestoreThread: a listener that throws ends it, after its share", async () => {
  const { archive, members, tree } = await archiveOf(6_400);
  const onShare = () => {
    throw new Error("no room in the log");
  };
  const shares = divideMembers(archive, tree.root, members);
  await expect(startedThread().write(shares, onShare)).rejects.toThrow("no room");
  expect([...writeShares(shares, "first")]).toEqual([]);
  const files = (await readdir(tree.root, { recursive: true })).filter((path) => path.includes("/"));
  expect(files.length % 64).toBe(0);
});

test("RestoreThread: its end is a failure of the work", async () => {
  const { archive, members, tree } = await archiveOf(1_100);
  const thread = startedThread();
  const work = thread.write(divideMembers(archive, tree.root, members), () => {});
  const failure = expect(work).rejects.toThrow("the thread that wrote files ended");
  await thread.close();
  await failure;
});

test.each([
  ["a short archive", 8 * 1024 * 1024 - 1, 2, 1_100],
  ["one core", 8 * 1024 * 1024, 1, 1_100],
  ["few files", 8 * 1024 * 1024, 2, 999],
])("RestoreThread: leaves %s to the thread that calls", async (_, size, cores, count) => {
  const { archive, members, tree } = await archiveOf(count);
  const thread = new RestoreThread();
  threads.push(thread);
  thread.start(size, cores);
  await thread.write(divideMembers(archive, tree.root, members), () => expect.fail("nobody was to write"));
  expect(await readdir(tree.root)).toEqual([]);
});

test("writeShares: two that take turns write every share once; none is written after a stop", async () => {
  const { archive, members, tree, expected } = await archiveOf(320);
  const shares = divideMembers(archive, tree.root, members);
  const [first, last] = [writeShares(shares, "first"), writeShares(shares, "last")];
  const taken = [first.next(), last.next(), last.next(), first.next(), last.next(), first.next(), last.next()];
  expect(taken.map(({ value }) => value)).toEqual([0, 4, 3, 1, 2, undefined, undefined]);
  expect(await readTree(tree.root)).toEqual(expected);
  expect(membersOf(4, members).map(({ path }) => path)).toContain("d3/319");
  const stopped = divideMembers(archive, `${tree.root}-2`, members);
  stopShares(stopped);
  expect([...writeShares(stopped, "first")]).toEqual([]);
  await expect(stat(`${tree.root}-2`)).rejects.toMatchObject({ code: "ENOENT" });
});

test("writeShares: an archive that became shorter is an error, not a shorter file", async () => {
  const { archive, members, tree } = await archiveOf(300);
  await writeFile(archive, "cut");
  expect(() => [...writeShares(divideMembers(archive, tree.root, members), "first")]).toThrow("became shorter");
});
