import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { chmod, constants, copyFile, link, lstat, mkdir, open, rename, rm, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Clock } from "../base/clock.ts";
import { type Digest, digestAlgorithm, digestHex } from "../base/digest.ts";
import { hashFile } from "../base/file-digest.ts";

export interface ContentCacheOptions {
  /**
   * How a file is shared between the cache and a directory that somebody works in.
   *
   * `clone`: a reflink where the file system has them, else a copy; whatever happens to one file, the other stays.
   * `link`: a hard link, which takes no space and no time. Both names are one file then: it is made read-only, and
   * whoever changes it all the same changes it everywhere until the next use of the cache finds that out.
   */
  readonly sharing: "clone" | "link";
  /** Says when an entry was used. */
  readonly clock: Clock;
}

/**
 * Files by their digest, kept between pulls.
 *
 * The cache is never believed: what comes from it is hashed in the place where it is going to be, so an entry that was
 * edited, cut or planted costs one more download and nothing else. Any number of processes may use one cache: files
 * appear in it whole, by a rename, and equal names mean equal content.
 *
 * Below the directory there are `blobs/sha256/<hex>` and `tmp/`. Links in place of these are not followed.
 */
export class ContentCache {
  readonly path: string;
  readonly #options: ContentCacheOptions;

  /** @param path - the directory; it is made when the first file is kept. */
  constructor(path: string, options: ContentCacheOptions) {
    this.path = resolve(path);
    this.#options = options;
  }

  /** Where the entries are. */
  get blobsPath(): string {
    return join(this.path, "blobs", "sha256");
  }

  /** Where files are before they are entries. */
  get temporaryPath(): string {
    return join(this.path, "tmp");
  }

  /** Where an entry is, or would be. */
  entryPath(digest: Digest): string {
    return join(this.blobsPath, digestHex(digest));
  }

  /**
   * Puts the content of a digest at a path where nothing is yet.
   *
   * @param size - bytes that the content must have: nothing longer is ever read.
   * @returns false when the cache cannot give it, whatever the reason; then nothing is at `path`.
   * @throws the signal's reason, and nothing else.
   */
  async take(digest: Digest, size: number, path: string, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    const entry = this.entryPath(digest);
    if (digestAlgorithm(digest) !== "sha256" || !(await this.isUsable())) return false;
    // The manifest may be the one that is wrong about the size, and must not empty the cache by that.
    if ((await regular(entry))?.size !== size) return false;
    try {
      await this.#share(entry, path);
    } catch {
      // A disk without space, something at `path`, an entry that somebody removed: the registry has the content, too.
      return false;
    }
    if (await this.#isTrue(path, digest, size, signal)) {
      await this.#noteUse(entry);
      return true;
    }
    await rm(entry, { force: true }).catch(() => {});
    return false;
  }

  /**
   * Keeps a file that was just verified. An entry that is there stays, unless it has another length.
   *
   * @returns false when it could not be kept: a cache that cannot be written is no reason for a pull to fail.
   */
  async keep(digest: Digest, path: string): Promise<boolean> {
    if (digestAlgorithm(digest) !== "sha256") return false;
    const temporary = join(this.temporaryPath, `${digestHex(digest)}.${randomBytes(6).toString("hex")}`);
    try {
      const source = await regular(path);
      if (!source || !(await this.isUsable())) return false;
      await mkdir(this.blobsPath, { recursive: true, mode: 0o700 });
      await mkdir(this.temporaryPath, { recursive: true, mode: 0o700 });
      if ((await regular(this.entryPath(digest)))?.size === source.size) return true;
      await this.#share(path, temporary);
      if (this.#options.sharing === "link") await chmod(temporary, source.mode & 0o555);
      await rename(temporary, this.entryPath(digest));
      return true;
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
      return false;
    }
  }

  /** Where the file system has no links, or not from here to there, a copy serves as well. */
  async #share(from: string, to: string): Promise<void> {
    if (this.#options.sharing === "link") {
      const isLinked = await link(from, to).then(
        () => true,
        (error: NodeJS.ErrnoException) => refuse(error, "EEXIST"),
      );
      if (isLinked) return;
    }
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }

  /** Hashes what was put at a path, and takes it away unless it is what it should be. */
  async #isTrue(path: string, digest: Digest, size: number, signal?: AbortSignal): Promise<boolean> {
    let isTrue = false;
    try {
      isTrue = await holds(path, digest, size, signal);
    } catch {
      signal?.throwIfAborted();
    } finally {
      if (!isTrue) await rm(path, { force: true });
    }
    return isTrue;
  }

  /** For pruning. Said outright, since most disks are mounted so that reading a file says nothing. */
  async #noteUse(entry: string): Promise<void> {
    const stats = await regular(entry);
    if (stats) await utimes(entry, this.#options.clock(), stats.mtime).catch(() => {});
  }

  /**
   * Tells whether all that mreg makes in the directory is what mreg made. The directory itself may be reached by a
   * link, which is the user's choice.
   */
  async isUsable(): Promise<boolean> {
    for (const path of [join(this.path, "blobs"), this.blobsPath, this.temporaryPath]) {
      const stats = await lstat(path).catch(() => undefined);
      if (stats && !stats.isDirectory()) return false;
    }
    return true;
  }
}

/** What is under a name, when that is a file and no link to one. */
export async function regular(path: string): Promise<Stats | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  return stats?.isFile() ? stats : undefined;
}

/**
 * Tells whether a file is what its digest says, and brings it to the disk.
 *
 * @param size - bytes it must have.
 */
export async function holds(path: string, digest: Digest, size: number, signal?: AbortSignal): Promise<boolean> {
  // A hard link to a symbolic link is one itself, and a named pipe would be waited for.
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size !== size) return false;
    const found = await hashFile(file, size, { signal });
    // Windows syncs no file that is open for reading alone.
    await file.sync().catch(() => {});
    return found.digest === digest;
  } finally {
    await file.close();
  }
}

/** Ends in the error that means that a name is taken; all others mean that there are no links. */
function refuse(error: NodeJS.ErrnoException, code: string): false {
  if (error.code === code) throw error;
  return false;
}
