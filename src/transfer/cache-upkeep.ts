import { lstat, opendir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../base/digest.ts";
import { isDigest } from "../oci/digest.ts";
import { type ContentCache, holds, regular } from "./content-cache.ts";

export interface CachedContent {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly usedAt: Date;
}

export interface PruneLimits {
  /** What was last used before this goes. */
  readonly usedBefore?: Date | undefined;
  /** Bytes that may stay; what was used longest ago goes first. */
  readonly maxBytes?: number | undefined;
}

/** A temporary file this old was left by a process that is gone: no file takes a day to be copied within a machine. */
const abandonedMs = 24 * 60 * 60 * 1000;

/** Lists a cache, what was used longest ago first. Names that are no digests are not its own, and are passed over. */
export async function listCache(cache: ContentCache): Promise<readonly CachedContent[]> {
  const entries: CachedContent[] = [];
  for (const name of await namesIn(cache, cache.blobsPath)) {
    const digest = `sha256:${name}`;
    const stats = await regular(join(cache.blobsPath, name));
    if (stats && isDigest(digest)) entries.push({ digest, size: stats.size, usedAt: stats.atime });
  }
  return entries.sort((a, b) => a.usedAt.getTime() - b.usedAt.getTime() || (a.digest < b.digest ? -1 : 1));
}

/** Chooses what goes. Decides only: {@link removeContents} acts. */
export function choosePrunable(entries: readonly CachedContent[], limits: PruneLimits): readonly CachedContent[] {
  const { usedBefore, maxBytes = Number.POSITIVE_INFINITY } = limits;
  let kept = entries.reduce((sum, { size }) => sum + size, 0);
  const chosen: CachedContent[] = [];
  for (const entry of entries) {
    const isOld = usedBefore !== undefined && entry.usedAt < usedBefore;
    if (!isOld && kept <= maxBytes) continue;
    kept -= entry.size;
    chosen.push(entry);
  }
  return chosen;
}

/** Removes entries, and temporary files that were left behind. Directories that share a file with the cache keep it. */
export async function removeContents(cache: ContentCache, entries: readonly CachedContent[], now: Date): Promise<void> {
  if (!(await cache.isUsable())) return;
  for (const { digest } of entries) await rm(cache.entryPath(digest), { force: true });
  for (const name of await namesIn(cache, cache.temporaryPath)) {
    const path = join(cache.temporaryPath, name);
    const stats = await regular(path);
    if (stats && now.getTime() - stats.ctimeMs > abandonedMs) await rm(path, { force: true });
  }
}

export interface CacheVerification {
  readonly files: number;
  /** Bytes read. */
  readonly bytes: number;
  /** Entries that were not what their name says; they are gone now. */
  readonly removed: readonly string[];
}

/** Hashes every entry and removes what is not what its name says, links and directories in place of files included. */
export async function verifyCache(cache: ContentCache, signal?: AbortSignal): Promise<CacheVerification> {
  const removed: string[] = [];
  let files = 0;
  let bytes = 0;
  for (const name of await namesIn(cache, cache.blobsPath)) {
    signal?.throwIfAborted();
    const digest = `sha256:${name}`;
    const path = join(cache.blobsPath, name);
    if (!isDigest(digest)) continue;
    const size = (await regular(path))?.size;
    files++;
    bytes += size ?? 0;
    if (size !== undefined && (await holds(path, digest, size, signal))) continue;
    // The name alone: a link is removed, and not what it leads to.
    await rm(path, { recursive: true, force: true });
    removed.push(digest);
  }
  return { files, bytes, removed };
}

/** The names in a directory of the cache; none where it has none yet, or links to elsewhere. */
async function namesIn(cache: ContentCache, path: string): Promise<readonly string[]> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats?.isDirectory() || !(await cache.isUsable())) return [];
  const names: string[] = [];
  for await (const { name } of await opendir(path)) names.push(name);
  return names.sort();
}
