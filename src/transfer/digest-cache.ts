import { writeFileAtomic } from "../base/atomic-file.ts";
import { type Digest, digestHex } from "../base/digest.ts";
import { parseDigest } from "../oci/digest.ts";
import { DigestEntries, type DigestEntry } from "./digest-entries.ts";
import { type FileIdentity, isSettled } from "./file-identity.ts";

/**
 * Remembers the digests of files by what the file system says about them, so that gigabytes that nobody has touched
 * are not read again.
 *
 * It is a shortcut and nothing more: a file that is unknown, or has changed in any way, is simply hashed. What it says
 * is as true as the file system's ctime, which programs cannot set back.
 */
export class DigestCache {
  readonly #path: string;
  readonly #stored: DigestEntries;
  /** By device and inode, as in the file. */
  readonly #put = new Map<string, DigestEntry>();
  /** Of these, what the file has not yet. */
  readonly #added = new Map<string, DigestEntry>();

  private constructor(path: string, stored: DigestEntries) {
    this.#path = path;
    this.#stored = stored;
  }

  /** Reads the cache. One that is not there, cannot be read, or is damaged anywhere, is an empty one. */
  static async open(path: string): Promise<DigestCache> {
    return new DigestCache(path, await DigestEntries.read(path));
  }

  /** The digest of a file that is still what it was when it was put here. */
  get(identity: FileIdentity): Digest | undefined {
    const name = nameOf(identity);
    const found = this.#put.get(name) ?? this.#stored.get(name);
    return found?.state === stateOf(identity) ? parseDigest(`sha256:${found.hex}`) : undefined;
  }

  /**
   * Remembers the digest of a file, unless a later write could go unnoticed.
   *
   * @param hashedAt - when reading began.
   */
  put(identity: FileIdentity, digest: Digest, hashedAt: Date): void {
    if (!digest.startsWith("sha256:") || !isSettled(identity, hashedAt)) return;
    const name = nameOf(identity);
    const entry = { state: stateOf(identity), hex: digestHex(digest) };
    this.#put.set(name, entry);
    this.#added.set(name, entry);
  }

  /**
   * Writes what was added, beside what others have added meanwhile. Whoever writes at the same moment may win; then
   * some files are hashed once more. A cache that cannot be written is no reason for work to fail.
   */
  async save(): Promise<void> {
    if (this.#added.size === 0) return;
    const content = (await DigestEntries.read(this.#path)).with(this.#added);
    this.#added.clear();
    await writeFileAtomic(this.#path, content, { mode: 0o600 }).catch(() => {});
  }
}

function nameOf({ dev, ino }: FileIdentity): string {
  return `${dev} ${ino}`;
}

function stateOf({ size, mtimeNs, ctimeNs }: FileIdentity): string {
  return `${size} ${mtimeNs} ${ctimeNs}`;
}
