import type { Stats } from "node:fs";
import { lstat, mkdir, rm, rmdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeFileAtomic } from "../base/atomic-file.ts";
import type { ByteStream } from "../base/bytes.ts";
import type { Digest } from "../base/digest.ts";
import { hashFile } from "../base/file-digest.ts";
import { StoreError } from "../oci/errors.ts";
import { ModelError } from "./errors.ts";
import { findCollision, foldPath, pathProblem } from "./file-path.ts";
import { withStableFile } from "./stable-file.ts";

/** A file that is to be in the directory. */
export interface WantedFile {
  /** From the registry: an attacker's until {@link TargetDirectory.check} has passed it. */
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export type Presence = "absent" | "present" | "different";

/**
 * Where incomplete files live, inside the target so that a rename moves them. One fixed name: whatever an earlier pull
 * left there when it was killed is found and removed. Two pulls into one directory at a time therefore disturb each
 * other; the earlier one fails, and neither leaves a wrong file.
 */
const stagingName = ".mreg-pull";

/** The directory a model is pulled into. It belongs to the user; what is written into it is named by a stranger. */
export class TargetDirectory {
  readonly path: string;
  readonly staging: string;
  #isCreated = false;

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

  /**
   * Tells what is under a checked path; files of the right size are hashed.
   *
   * @throws {@link ModelError} `PATH_ESCAPE` when a directory on the way is a symlink: writing through it would leave the
   * target, and an earlier artifact may have put it there.
   * @throws {@link StoreError} `ALREADY_EXISTS` when a file is where a directory must be, or the reverse.
   */
  async presence(file: WantedFile, signal?: AbortSignal): Promise<Presence> {
    const components = file.path.split("/");
    for (let depth = 1; depth < components.length; depth++) {
      const parent = components.slice(0, depth).join("/");
      const stats = await this.#lstat(parent);
      if (!stats) return "absent";
      if (stats.isSymbolicLink()) {
        const reason = `refusing to write ${JSON.stringify(file.path)}: ${JSON.stringify(parent)} is a symlink`;
        throw new ModelError("PATH_ESCAPE", reason, { path: file.path });
      }
      if (!stats.isDirectory()) throw inTheWay(this.#join(parent), "a file", "a directory");
    }
    const stats = await this.#lstat(file.path);
    if (!stats) return "absent";
    if (stats.isDirectory()) throw inTheWay(this.#join(file.path), "a directory", "a file");
    // A symlink counts as different content: it is replaced, never followed.
    if (!stats.isFile() || stats.size !== file.size) return "different";
    const { digest } = await withStableFile(this.#join(file.path), (handle, size) => {
      return hashFile(handle, size, { signal });
    });
    return digest === file.digest ? "present" : "different";
  }

  /** Makes an empty staging directory, removing what an interrupted pull left. */
  async openStaging(): Promise<void> {
    this.#isCreated = (await mkdir(this.path, { recursive: true })) !== undefined;
    // rm does not follow a symlink under this name, and mkdir fails if somebody is quick to make one.
    await rm(this.staging, { recursive: true, force: true });
    await mkdir(this.staging);
  }

  async closeStaging(): Promise<void> {
    await rm(this.staging, { recursive: true, force: true });
    // Fails, and should, when files have been placed; a pull that failed before leaves no directory that it made.
    if (this.#isCreated) await rmdir(this.path).catch(() => {});
  }

  /** Writes a checked file: complete under its name, or not at all. */
  async write(path: string, content: ByteStream, signal?: AbortSignal): Promise<void> {
    await writeFileAtomic(this.#join(path), content, {
      temporaryDirectory: this.staging,
      ...(signal ? { signal } : {}),
    });
  }

  #join(path: string): string {
    return join(this.path, ...path.split("/"));
  }

  async #lstat(path: string): Promise<Stats | undefined> {
    try {
      return await lstat(this.#join(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }
}

function inTheWay(path: string, found: string, expected: string): StoreError {
  return new StoreError("ALREADY_EXISTS", `${path} is ${found}, expected ${expected} or nothing`);
}
