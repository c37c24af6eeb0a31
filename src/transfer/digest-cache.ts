import { createHash } from "node:crypto";
import { constants, open } from "node:fs/promises";
import { writeFileAtomic } from "../base/atomic-file.ts";
import { type Digest, digestHex } from "../base/digest.ts";
import { digestCacheLimit, digestCacheLimitBytes } from "../base/limits.ts";
import { parseDigest } from "../oci/digest.ts";
import type { FileIdentity } from "./file-identity.ts";

/** First line of the file; another one is another format. */
const title = "mreg-digests-1";

const line = /^([0-9]{1,20} [0-9]{1,20}) ([0-9]{1,20} [0-9]{1,20} [0-9]{1,20}) ([0-9a-f]{64})$/;

/**
 * A write may leave a file's time as it was when the last write was this short before: FAT counts in two seconds, and
 * no file system in use counts more coarsely.
 */
const grainNs = 2_000_000_000n;

interface Entry {
  /** Length and times. */
  readonly state: string;
  readonly hex: string;
}

/**
 * Remembers the digests of files by what the file system says about them, so that gigabytes that nobody has touched
 * are not read again.
 *
 * It is a shortcut and nothing more: a file that is unknown, or has changed in any way, is simply hashed. What it says
 * is as true as the file system's ctime, which programs cannot set back.
 */
export class DigestCache {
  readonly #path: string;
  /** By device and inode; those put last come last. */
  readonly #entries: Map<string, Entry>;
  readonly #added = new Map<string, Entry>();

  private constructor(path: string, entries: Map<string, Entry>) {
    this.#path = path;
    this.#entries = entries;
  }

  /** Reads the cache. One that is not there, cannot be read, or is damaged anywhere, is an empty one. */
  static async open(path: string): Promise<DigestCache> {
    return new DigestCache(path, await readEntries(path));
  }

  /** The digest of a file that is still what it was when it was put here. */
  get(identity: FileIdentity): Digest | undefined {
    const found = this.#entries.get(nameOf(identity));
    return found?.state === stateOf(identity) ? parseDigest(`sha256:${found.hex}`) : undefined;
  }

  /**
   * Remembers the digest of a file, unless a later write could go unnoticed.
   *
   * @param hashedAt - when reading began. A file that was written within two seconds of it, or later, could be written
   * again without another time: git calls that racy.
   */
  put(identity: FileIdentity, digest: Digest, hashedAt: Date): void {
    const settledNs = BigInt(hashedAt.getTime()) * 1_000_000n - grainNs;
    if (!digest.startsWith("sha256:") || identity.mtimeNs > settledNs || identity.ctimeNs > settledNs) return;
    const name = nameOf(identity);
    const entry = { state: stateOf(identity), hex: digestHex(digest) };
    this.#entries.set(name, entry);
    this.#added.set(name, entry);
  }

  /**
   * Writes what was added, beside what others have added meanwhile. Whoever writes at the same moment may win; then
   * some files are hashed once more. A cache that cannot be written is no reason for work to fail.
   */
  async save(): Promise<void> {
    if (this.#added.size === 0) return;
    const entries = await readEntries(this.#path);
    for (const [name, entry] of this.#added) {
      entries.delete(name);
      entries.set(name, entry);
    }
    this.#added.clear();
    const kept = [...entries].slice(-digestCacheLimit);
    const body = [title, ...kept.map(([name, { state, hex }]) => `${name} ${state} ${hex}`), ""].join("\n");
    await writeFileAtomic(this.#path, `${body}${checksum(body)}\n`, { mode: 0o600 }).catch(() => {});
  }
}

/** Read as hostile: a home directory may be shared, and a disk may be bad. Only a whole file is believed. */
async function readEntries(path: string): Promise<Map<string, Entry>> {
  const text = (await readWhole(path)) ?? "";
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const body = text.slice(0, end);
  const entries = new Map<string, Entry>();
  if (!body.startsWith(`${title}\n`) || text.slice(end) !== `${checksum(body)}\n`) return entries;
  for (const each of body.slice(title.length + 1, -1).split("\n")) {
    const [, name, state, hex] = line.exec(each) ?? [];
    if (name !== undefined && state !== undefined && hex !== undefined) entries.set(name, { state, hex });
  }
  return entries;
}

async function readWhole(path: string): Promise<string | undefined> {
  try {
    // Without O_NONBLOCK a named pipe in its place would be waited for.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = await file.stat();
      return stats.isFile() && stats.size <= digestCacheLimitBytes ? await file.readFile("latin1") : undefined;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

function checksum(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

function nameOf({ dev, ino }: FileIdentity): string {
  return `${dev} ${ino}`;
}

function stateOf({ size, mtimeNs, ctimeNs }: FileIdentity): string {
  return `${size} ${mtimeNs} ${ctimeNs}`;
}
