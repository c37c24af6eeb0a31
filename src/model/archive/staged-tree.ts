import { lstatSync, mkdirSync, openSync, readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { StoreError } from "../../oci/errors.ts";
import { ModelError } from "../errors.ts";

/** Names given without letting anything else run: some 2 ms. */
const namesPerTurn = 64;

/**
 * Files of a pull under the paths that they are to have, in a directory that nobody else writes to.
 *
 * Thousands of them are written and then named at once: a directory that the target has not is moved there whole.
 */
export class StagedTree {
  readonly #root: string;
  readonly #made = new Set<string>();
  /** Directories, relative to the root, whose names are to survive a power cut. */
  readonly #durable = new Set<string>();
  #named = 0;

  /** @param root - where no directory is yet. */
  constructor(root: string) {
    this.#root = root;
    mkdirSync(root);
  }

  /** Opens a new file for writing, with the directories above it. The path is a checked one. */
  create(path: string): number {
    const parent = parentOf(path);
    if (parent !== "" && !this.#made.has(parent)) {
      mkdirSync(`${this.#root}/${parent}`, { recursive: true });
      this.#made.add(parent);
    }
    return openSync(`${this.#root}/${path}`, "wx", 0o644);
  }

  /** Remembers that the content of a file is on the disk, so that its name is worth being there, too. */
  keepName(path: string): void {
    this.#durable.add(parentOf(path));
  }

  /**
   * Gives all files their names below `target`, each in one step.
   *
   * @returns the directories of the target in which names are to be made durable.
   * @throws {@link ModelError} `PATH_ESCAPE` for a symlink where a directory is to be written into.
   * @throws {@link StoreError} `ALREADY_EXISTS` for a file there.
   */
  async moveInto(target: string): Promise<readonly string[]> {
    const changed = new Set([...this.#durable].map((parent) => join(target, parent)));
    await this.#merge("", target, changed);
    return [...changed];
  }

  async #merge(relative: string, target: string, changed: Set<string>): Promise<void> {
    for (const entry of readdirSync(join(this.#root, relative), { withFileTypes: true })) {
      const path = join(relative, entry.name);
      const to = join(target, path);
      if (entry.isDirectory() && isDirectory(to, path)) await this.#merge(path, target, changed);
      else {
        renameSync(join(this.#root, path), to);
        changed.add(dirname(to));
      }
      if (++this.#named % namesPerTurn === 0) await turn();
    }
  }
}

/** Whether there is a directory to write into; nothing there is no. */
function isDirectory(location: string, path: string): boolean {
  const stats = lstatSync(location, { throwIfNoEntry: false });
  if (!stats || stats.isDirectory()) return stats !== undefined;
  if (!stats.isSymbolicLink()) {
    throw new StoreError("ALREADY_EXISTS", `${location} is a file, expected a directory or nothing`);
  }
  const reason = `refusing to write into ${JSON.stringify(path)}: it is a symlink`;
  throw new ModelError("PATH_ESCAPE", reason, { path });
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
