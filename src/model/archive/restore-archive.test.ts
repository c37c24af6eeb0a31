import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTree, scratchDirectory } from "../../../test/support/scratch.ts";
import { digestOf } from "../../base/digest.ts";
import { restoreArchive } from "./restore-archive.ts";
import { StagedTree } from "./staged-tree.ts";
import type { HashedMember } from "./tar-archive.ts";

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
  await mkdir(join(directory, "target"));
  return { archive, members, tree: new StagedTree(join(directory, "tree")), expected };
}

const signal = new AbortController().signal;

test("restoreArchive: writes each file once, and tells of each", async () => {
  const { archive, members, tree, expected } = await archiveOf(300);
  const told: string[] = [];
  await restoreArchive(archive, members, tree, { signal, onFile: ({ path }) => told.push(path) });
  await tree.moveInto(join(archive, "../target"));
  expect(await readTree(join(archive, "../target"))).toEqual(expected);
  expect(told).toEqual(Object.keys(expected));
});

test.each([true, false])("restoreArchive: a member of more than a mebibyte, flushed: %s", async (isDurable) => {
  const directory = await scratchDirectory();
  const archive = join(directory, "archive");
  const content = Buffer.alloc(3 * 1024 * 1024 + 5, "0123456789abcdef-");
  await writeFile(archive, content);
  const members = [{ path: "large", digest: digestOf(""), size: content.byteLength - 7, offset: 7 }];
  const tree = new StagedTree(join(directory, "tree"));
  await restoreArchive(archive, members, tree, { signal, isDurable, onFile: () => {} });
  expect((await readFile(join(directory, "tree/large"))).equals(content.subarray(7))).toBe(true);
});

test("restoreArchive: ended by its signal, it writes no further", async () => {
  const { archive, members, tree } = await archiveOf(300);
  const stop = new AbortController();
  const onFile = () => stop.abort(new Error("stopped"));
  await expect(restoreArchive(archive, members, tree, { signal: stop.signal, onFile })).rejects.toThrow("stopped");
  const written = await readdir(join(archive, "../tree"), { recursive: true });
  expect(written.filter((path) => path.includes("/")).length).toBeLessThanOrEqual(64);
});

test("restoreArchive: an archive that became shorter is an error, not a shorter file", async () => {
  const { archive, members, tree } = await archiveOf(300);
  await writeFile(archive, "cut");
  await expect(restoreArchive(archive, members, tree, { signal, onFile: () => {} })).rejects.toThrow("became shorter");
});
