import { execFile } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { scratchDirectory, writeTree } from "../../../test/support/scratch.ts";
import { walk } from "./walk.ts";

const found = async (...paths: string[]) => (await walk(paths)).map(({ path, size }) => `${path} ${size}`);

test("walk: takes a directory's contents relative to it and a file by its base name, sorted", async () => {
  const root = await scratchDirectory();
  await writeTree(root, {
    "model/b/deep.bin": "1",
    "model/a.json": "22",
    "model/B.json": "333",
    "elsewhere/x.md": "4444",
  });
  expect(await found(join(root, "model"), join(root, "elsewhere/x.md"))).toEqual([
    "B.json 3",
    "a.json 2",
    "b/deep.bin 1",
    "x.md 4",
  ]);
});

test("walk: skips dotfiles and caches inside directories, but not what is named itself", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { ".env": "s", ".git/config": "g", ".cache/x": "c", "__pycache__/a.pyc": "p", "a.json": "a" });
  expect(await found(root)).toEqual(["a.json 1"]);
  expect(await found(join(root, ".env"))).toEqual([".env 1"]);
});

test("walk: normalises names to NFC", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { "re\u0301sume\u0301.md": "x" });
  expect(await found(root)).toEqual(["r\u00e9sum\u00e9.md 1"]);
});

test("walk: follows symlinks to files inside the directory, and paths given as symlinks", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { "tree/.store/blob": "12345", "tree/a.json": "{}" });
  await symlink(".store/blob", join(root, "tree/model.bin"));
  await symlink(join(root, "tree"), join(root, "link"));
  expect(await found(join(root, "link"))).toEqual(["a.json 2", "model.bin 5"]);
  expect(await found(join(root, "tree/model.bin"))).toEqual(["model.bin 5"]);
});

describe("walk: refuses", () => {
  test("a path that is not there", async () => {
    const error = await rejectsWith(walk(["/nowhere/at/all"]), "FILE_MISSING");
    expect(error.message).toContain("/nowhere/at/all is not there");
  });

  test("an empty directory, and one with nothing but skipped files", async () => {
    const root = await scratchDirectory();
    expect((await rejectsWith(walk([root]), "FILE_MISSING")).message).toContain(JSON.stringify(root));
    await writeTree(root, { ".gitignore": "x" });
    await rejectsWith(walk([root]), "FILE_MISSING");
  });

  test("a symlink out of the directory, with advice", async () => {
    const root = await scratchDirectory();
    await writeTree(root, { "blobs/abc": "x", "snapshots/1/config.json": "{}" });
    await symlink("../../blobs/abc", join(root, "snapshots/1/model.safetensors"));
    const error = await rejectsWith(walk([join(root, "snapshots/1")]), "PATH_ESCAPE");
    expect(error.message).toMatch(/model\.safetensors is a symlink out of .* cp -rL/);
    const walked = await walk([join(root, "snapshots/1")], { linkTargets: [join(root, "blobs")] });
    expect(walked.map(({ path, location }) => [path, location])).toEqual([
      ["config.json", join(root, "snapshots/1/config.json")],
      ["model.safetensors", join(root, "blobs/abc")],
    ]);
  });

  test("a symlink to a sibling whose name starts like the directory's", async () => {
    const root = await scratchDirectory();
    await writeTree(root, { "model/a": "x", "model-secret/b": "y" });
    await symlink("../model-secret/b", join(root, "model/b"));
    await rejectsWith(walk([join(root, "model")]), "PATH_ESCAPE");
  });

  test("a symlink that leads nowhere, and one to a directory", async () => {
    const root = await scratchDirectory();
    await mkdir(join(root, "one"));
    await symlink("missing", join(root, "one/a"));
    await rejectsWith(walk([join(root, "one")]), "FILE_MISSING");
    await mkdir(join(root, "two/real"), { recursive: true });
    await symlink("..", join(root, "two/real/loop"));
    await symlink("real", join(root, "two/alias"));
    await rejectsWith(walk([join(root, "two")]), "CONFIG_INVALID", "PATH_ESCAPE");
  });

  test("a named pipe, inside a directory and named itself", async () => {
    const root = await scratchDirectory();
    await promisify(execFile)("mkfifo", [join(root, "pipe")]);
    await rejectsWith(walk([root]), "CONFIG_INVALID");
    await rejectsWith(walk([join(root, "pipe")]), "CONFIG_INVALID");
  });

  test("two paths equal but for case, naming both", async () => {
    const root = await scratchDirectory();
    await writeTree(root, { "Model.json": "1", "model.json": "2" });
    const error = await rejectsWith(walk([root]), "CONFIG_INVALID");
    expect(error.message).toContain('"Model.json" and "model.json"');
  });

  test("one path from two directories", async () => {
    const root = await scratchDirectory();
    await writeTree(root, { "a/x.json": "1", "b/x.json": "2" });
    await rejectsWith(walk([join(root, "a"), join(root, "b")]), "CONFIG_INVALID");
  });

  test.each(["back\\slash", "new\nline", "nul.txt", "ends with dot."])("the name %j", async (name) => {
    const root = await scratchDirectory();
    await writeTree(root, { [name]: "x" });
    await rejectsWith(walk([root]), "CONFIG_INVALID");
  });
});

test("walk: stops when told to", async () => {
  const root = await scratchDirectory();
  await writeTree(root, { a: "x" });
  await expect(walk([root], { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
});
