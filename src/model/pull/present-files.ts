import { lstatSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { StoreError } from "../../oci/errors.ts";
import type { DigestCache } from "../../transfer/digest-cache.ts";
import { fileIdentity } from "../../transfer/file-identity.ts";
import type { HashPool } from "../../transfer/hash-pool.ts";
import { ModelError } from "../errors.ts";
import type { WantedFile } from "./target-directory.ts";

export type Presence = "absent" | "present" | "different";

export interface PresenceOptions {
  readonly hashes: HashPool;
  /** Digests of files that nobody has touched since. */
  readonly digests?: DigestCache | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** What is in a directory before files are written into it; changes nothing there. */
export class PresentFiles {
  /** Absolute. */
  readonly directory: string;
  /** Directories that were looked for, and whether they were there: thousands of files lie in few of them. */
  readonly #parents = new Map<string, boolean>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Whether nothing is under a checked path. Throws like {@link PresentFiles.presence}. */
  isAbsent(path: string): boolean {
    return !this.#hasParents(path) || this.#lstat(path) === undefined;
  }

  /**
   * Tells what is under a checked path; files of the right size are hashed.
   *
   * @throws {@link ModelError} `PATH_ESCAPE` when a directory on the way is a symlink: writing through it would leave
   * the target, and an earlier artifact may have put it there.
   * @throws {@link StoreError} `ALREADY_EXISTS` when a file is where a directory must be, or the reverse.
   */
  async presence(file: WantedFile, { hashes, digests, clock, signal }: PresenceOptions): Promise<Presence> {
    if (!this.#hasParents(file.path)) return "absent";
    const stats = this.#lstat(file.path);
    if (!stats) return "absent";
    const location = join(this.directory, file.path);
    if (stats.isDirectory()) throw inTheWay(location, "a directory", "a file");
    // A symlink counts as different content: it is replaced, never followed.
    if (!stats.isFile() || stats.size !== file.size) return "different";
    const known = digests?.get(fileIdentity(lstatSync(location, { bigint: true })));
    if (known) return known === file.digest ? "present" : "different";
    const hashedAt = clock();
    const { digest, identity } = await hashes.hash({ location, size: file.size, signal });
    if (identity) digests?.put(identity, digest, hashedAt);
    return digest === file.digest ? "present" : "different";
  }

  /** Whether all directories above a file are there, and are directories. */
  #hasParents(path: string): boolean {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (parent === "") return true;
    const known = this.#parents.get(parent);
    if (known !== undefined) return known;
    const isThere = this.#hasParents(parent) && this.#isDirectory(parent, path);
    this.#parents.set(parent, isThere);
    return isThere;
  }

  #isDirectory(parent: string, path: string): boolean {
    const stats = this.#lstat(parent);
    if (stats?.isSymbolicLink()) {
      const reason = `refusing to write ${JSON.stringify(path)}: ${JSON.stringify(parent)} is a symlink`;
      throw new ModelError("PATH_ESCAPE", reason, { path });
    }
    if (stats && !stats.isDirectory()) throw inTheWay(join(this.directory, parent), "a file", "a directory");
    return stats !== undefined;
  }

  #lstat(path: string): Stats | undefined {
    return lstatSync(join(this.directory, path), { throwIfNoEntry: false });
  }
}

function inTheWay(path: string, found: string, expected: string): StoreError {
  return new StoreError("ALREADY_EXISTS", `${path} is ${found}, expected ${expected} or nothing`);
}
