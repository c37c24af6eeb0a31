import { existsSync, lstatSync, mkdirSync, renameSync } from "node:fs";
import { mkdir, readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { syncDirectory } from "../../base/atomic-file.ts";
import { type Digest, digestHex } from "../../base/digest.ts";
import { journalPath } from "../../transfer/partial-file.ts";
import { StagedTree } from "../archive/staged-tree.ts";
import { type DirectoryLock, isLockName, lockDirectory } from "./directory-lock.ts";

/** A file that is to be in the directory. */
export interface WantedFile {
  /** From the registry: an attacker's until `checkPaths` has passed it. */
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** Where incomplete files live, inside the target so that a rename moves them. */
export const stagingName = ".mreg-pull";

/** The directory a model is pulled into. It belongs to the user; what is written into it is named by a stranger. */
export class TargetDirectory {
  readonly path: string;
  readonly staging: string;
  #isCreated = false;
  #trees = 0;
  #lock: DirectoryLock | undefined;
  /** Directories that files were placed in. */
  readonly #made = new Set<string>();
  /** Directories with new names in them. */
  readonly #changed = new Set<string>();

  constructor(path: string) {
    this.path = resolve(path);
    this.staging = join(this.path, stagingName);
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
    const stats = lstatSync(this.staging, { throwIfNoEntry: false });
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
    const to = this.location(path);
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

  /** Where a checked path is. */
  location(path: string): string {
    return join(this.path, path);
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
