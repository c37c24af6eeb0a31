import { existsSync, lstatSync, mkdirSync, renameSync, type Stats } from "node:fs";
import { mkdir, readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { syncDirectory } from "../../base/atomic-file.ts";
import type { Clock } from "../../base/clock.ts";
import { type Digest, digestHex } from "../../base/digest.ts";
import { StoreError } from "../../oci/errors.ts";
import type { DigestCache } from "../../transfer/digest-cache.ts";
import { fileIdentity } from "../../transfer/file-identity.ts";
import type { HashPool } from "../../transfer/hash-pool.ts";
import { journalPath } from "../../transfer/partial-file.ts";
import { StagedTree } from "../archive/staged-tree.ts";
import { ModelError } from "../errors.ts";
import { findCollision, foldPath, pathProblem } from "../file-path.ts";
import { type DirectoryLock, isLockName, lockDirectory } from "./directory-lock.ts";

/** A file that is to be in the directory. */
export interface WantedFile {
  /** From the registry: an attacker's until {@link TargetDirectory.check} has passed it. */
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export type Presence = "absent" | "present" | "different";

export interface PresenceOptions {
  readonly hashes: HashPool;
  /** Digests of files that nobody has touched since. */
  readonly digests?: DigestCache | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Where incomplete files live, inside the target so that a rename moves them. */
const stagingName = ".mreg-pull";

/** The directory a model is pulled into. It belongs to the user; what is written into it is named by a stranger. */
export class TargetDirectory {
  readonly path: string;
  readonly staging: string;
  #isCreated = false;
  #trees = 0;
  #lock: DirectoryLock | undefined;
  /** Directories that were looked for, and whether they were there: thousands of files lie in few of them. */
  readonly #parents = new Map<string, boolean>();
  /** Directories that files were placed in. */
  readonly #made = new Set<string>();
  /** Directories with new names in them. */
  readonly #changed = new Set<string>();

  constructor(path: string) {
    this.path = resolve(path);
    this.staging = join(this.path, stagingName);
  }

  /**
   * Refuses paths that lead out of the directory or that cannot exist beside one another on every system.
   *
   * @throws {@link ModelError} `PATH_ESCAPE` or `CONFIG_INVALID`.
   */
  check(paths: readonly string[]): void {
    for (const path of paths) {
      const isStaging = foldPath(path).split("/")[0] === stagingName;
      const problem = isStaging ? "mreg keeps incomplete files there" : pathProblem(path);
      if (problem)
        throw new ModelError("PATH_ESCAPE", `refusing the path ${JSON.stringify(path)}: ${problem}`, { path });
    }
    const collision = findCollision(paths);
    if (collision) {
      const [one, other] = collision.map((path) => JSON.stringify(path));
      throw new ModelError(
        "CONFIG_INVALID",
        `the artifact holds both ${one} and ${other}, which are one file or nested`,
      );
    }
  }

  /** Whether nothing is under a checked path. Throws like {@link presence}. */
  isAbsent(path: string): boolean {
    return !this.#hasParents(path) || this.#lstat(path) === undefined;
  }

  /**
   * Tells what is under a checked path; files of the right size are hashed.
   *
   * @throws {@link ModelError} `PATH_ESCAPE` when a directory on the way is a symlink: writing through it would leave the
   * target, and an earlier artifact may have put it there.
   * @throws {@link StoreError} `ALREADY_EXISTS` when a file is where a directory must be, or the reverse.
   */
  async presence(file: WantedFile, { hashes, digests, clock, signal }: PresenceOptions): Promise<Presence> {
    if (!this.#hasParents(file.path)) return "absent";
    const stats = this.#lstat(file.path);
    if (!stats) return "absent";
    const location = this.#join(file.path);
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

  /**
   * Opens the staging directory for this pull alone, and removes what is of no use to it.
   *
   * @param wanted - digests whose incomplete files an earlier pull may have left.
   * @throws {@link StoreError} `LOCKED` when another pull into this directory does not end.
   */
  async openStaging(wanted: readonly Digest[], signal?: AbortSignal): Promise<void> {
    this.#isCreated = (await mkdir(this.path, { recursive: true })) !== undefined;
    // Somebody's link under this name would lead the work elsewhere; rm removes the link alone.
    const stats = this.#lstat(stagingName);
    if (stats && !stats.isDirectory()) await rm(this.staging, { force: true });
    this.#lock = await lockDirectory(this.staging, signal);
    const kept = new Set(wanted.flatMap((digest) => [this.partialPath(digest), journalPath(this.partialPath(digest))]));
    await this.#sweep((path) => kept.has(path));
  }

  /** Aborted when another process took over the staging directory. */
  get lost(): AbortSignal | undefined {
    return this.#lock?.lost;
  }

  /** @param isResumable - leave incomplete files for the next pull. */
  async closeStaging(isResumable: boolean): Promise<void> {
    if (this.#lock && !this.#lock.lost.aborted) await this.#sweep((path) => isResumable && isIncomplete(path));
    await this.#lock?.release();
    // Fails, and should, when there are files; a pull that failed before leaves no directory that it made.
    if (this.#isCreated) await rmdir(this.path).catch(() => {});
  }

  /** Where the file of a digest grows. */
  partialPath(digest: Digest): string {
    return join(this.staging, `${digestHex(digest)}.partial`);
  }

  /** Gives a complete file in the staging directory its name, a checked one. */
  place(path: string, temporary: string): void {
    const to = this.#join(path);
    const parent = dirname(to);
    if (!this.#made.has(parent)) mkdirSync(parent, { recursive: true });
    this.#made.add(parent);
    this.#changed.add(parent);
    renameSync(temporary, to);
  }

  /** A tree for files with checked paths, which all appear under their names at {@link placeTree}. */
  newTree(): StagedTree {
    return new StagedTree(join(this.staging, `tree-${this.#trees++}`));
  }

  /** Gives the files of a tree their names. */
  async placeTree(tree: StagedTree): Promise<void> {
    for (const each of await tree.moveInto(this.path)) this.#changed.add(each);
  }

  /** Makes the new names survive a power cut, and those of the directories that were made for them. */
  async syncNames(): Promise<void> {
    const directories = new Set<string>();
    for (const changed of this.#changed) {
      for (let each = changed; each.startsWith(this.path); each = dirname(each)) directories.add(each);
    }
    for (const each of directories) await syncDirectory(each);
  }

  location(path: string): string {
    return this.#join(path);
  }

  #join(path: string): string {
    return join(this.path, path);
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
    if (stats && !stats.isDirectory()) throw inTheWay(this.#join(parent), "a file", "a directory");
    return stats !== undefined;
  }

  #lstat(path: string): Stats | undefined {
    return lstatSync(this.#join(path), { throwIfNoEntry: false });
  }

  async #sweep(isKept: (path: string) => boolean): Promise<void> {
    for (const name of await readdir(this.staging)) {
      const path = join(this.staging, name);
      if (!isLockName(name) && !isKept(path)) await rm(path, { recursive: true, force: true });
    }
  }
}

/** Something to go on with: a file with a journal, or that journal. */
function isIncomplete(path: string): boolean {
  return path.endsWith(journalPath("")) || existsSync(journalPath(path));
}

function inTheWay(path: string, found: string, expected: string): StoreError {
  return new StoreError("ALREADY_EXISTS", `${path} is ${found}, expected ${expected} or nothing`);
}
