import type { Dirent, Stats } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { localDepthLimit, localFileLimit } from "../limits.ts";
import { indexedFileBytes } from "./build.ts";

/** A file on this machine that may be an older version of something. */
export interface LocalFile {
  readonly location: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Lists the files below some directories that are large enough to be worth a look and have one of the extensions.
 *
 * Hidden directories are left out, and links are followed to files only, so that a search ends. What cannot be read is
 * left out as well: an older version is a help, never a need.
 *
 * @param extensions - in lower case, with the dot.
 * @returns without duplicates; in the order of the directories, and sorted within each.
 */
export async function findLocalFiles(
  directories: readonly string[],
  extensions: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<readonly LocalFile[]> {
  const found = new Map<string, LocalFile>();
  let seen = 0;
  const visit = async (directory: string, depth: number): Promise<void> => {
    for (const entry of await list(directory)) {
      signal?.throwIfAborted();
      if (++seen > localFileLimit) return;
      const location = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (depth < localDepthLimit && !entry.name.startsWith(".")) await visit(location, depth + 1);
        continue;
      }
      if (!extensions.has(extensionOf(entry.name))) continue;
      const stats = await statFile(location);
      if (!stats?.isFile() || stats.size < indexedFileBytes) continue;
      const real = entry.isSymbolicLink() ? await realpath(location) : location;
      found.set(real, { location: real, size: stats.size });
    }
  };
  for (const directory of directories) await visit(directory, 0);
  return [...found.values()];
}

/** The extension by which formats are told apart, in lower case; empty for names without one. */
export function extensionOf(path: string): string {
  const dot = path.lastIndexOf(".");
  return dot > path.lastIndexOf("/") ? path.slice(dot).toLowerCase() : "";
}

async function list(directory: string): Promise<readonly Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function statFile(location: string): Promise<Stats | undefined> {
  return stat(location).catch(() => undefined);
}
