import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A new empty directory that goes away with the test that asked for it. */
export async function scratchDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "mreg-test-")));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The content of files by their paths, with slashes. */
export type Tree = Readonly<Record<string, Uint8Array | string>>;

/** Writes files below a directory, in the order given. */
export async function writeTree(directory: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

/** Reads every file below a directory, hidden ones included. */
export async function readTree(directory: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    tree[path.slice(directory.length + 1)] = (await readFile(path)).toString("latin1");
  }
  return tree;
}
