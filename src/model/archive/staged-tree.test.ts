import { closeSync, writeSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { readTree, scratchDirectory, type Tree, writeTree } from "../../../test/support/scratch.ts";
import { StagedTree } from "./staged-tree.ts";

interface Places {
  readonly target: string;
  readonly tree: StagedTree;
}

/** A target with some files, and a tree of others. */
async function staged(there: Tree, files: readonly string[]): Promise<Places> {
  const target = await scratchDirectory();
  await writeTree(target, there);
  await mkdir(join(target, ".staging"));
  const tree = new StagedTree(join(target, ".staging/tree"));
  for (const path of files) {
    const file = tree.create(path);
    writeSync(file, `new ${path}`);
    closeSync(file);
  }
  return { target, tree };
}

test("StagedTree: nothing has its name before all have", async () => {
  const { target, tree } = await staged({}, ["a/b/c", "a/d", "e"]);
  expect(await readdir(target)).toEqual([".staging"]);
  await tree.moveInto(target);
  expect(await readTree(join(target, "a"))).toEqual({ "b/c": "new a/b/c", d: "new a/d" });
  expect(await readFile(join(target, "e"), "utf8")).toBe("new e");
  expect(await readdir(join(target, ".staging/tree"))).toEqual([]);
});

test("StagedTree: a directory that is not there is moved whole, one that is there keeps what is in it", async () => {
  const { target, tree } = await staged({ "a/old": "old", "a/b/old": "old" }, ["a/b/new", "a/c/1", "a/c/2"]);
  const before = (await lstat(join(target, ".staging/tree/a/c"))).ino;
  const changed = await tree.moveInto(target);
  expect((await lstat(join(target, "a/c"))).ino).toBe(before);
  expect(await readTree(join(target, "a"))).toEqual({
    old: "old",
    "b/old": "old",
    "b/new": "new a/b/new",
    "c/1": "new a/c/1",
    "c/2": "new a/c/2",
  });
  expect([...changed].sort()).toEqual([join(target, "a"), join(target, "a/b")]);
});

test("StagedTree: a file that is there is replaced", async () => {
  const { target, tree } = await staged({ a: "old" }, ["a"]);
  await tree.moveInto(target);
  expect(await readFile(join(target, "a"), "utf8")).toBe("new a");
});

test("StagedTree: names whose content is on the disk are to be made durable where they are", async () => {
  const { target, tree } = await staged({}, ["a/b/c"]);
  tree.keepName("a/b/c");
  expect(await tree.moveInto(target)).toEqual([join(target, "a/b"), target]);
});

test("StagedTree: refuses to write through a symlink that came meanwhile", async () => {
  const { target, tree } = await staged({}, ["a/evil"]);
  const outside = await scratchDirectory();
  await symlink(outside, join(target, "a"));
  await rejectsWith(tree.moveInto(target), "PATH_ESCAPE");
  expect(await readdir(outside)).toEqual([]);
});

test("StagedTree: refuses to write below a file that came meanwhile", async () => {
  const { target, tree } = await staged({}, ["a/b"]);
  await writeFile(join(target, "a"), "mine");
  await rejectsWith(tree.moveInto(target), "ALREADY_EXISTS");
  expect(await readFile(join(target, "a"), "utf8")).toBe("mine");
});
