import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Every file below a directory with the SHA-256 of its content: two equal trees have equal records. */
export async function treeOf(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const tree: Record<string, string> = {};
  for (const file of files.sort()) {
    const path = relative(directory, file).split(sep).join("/");
    tree[path] = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  }
  return tree;
}
