import { type BigIntStats, type Dirent, readdirSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { modelFileLimit } from "../../base/limits.ts";
import { type FileIdentity, fileIdentity } from "../../transfer/file-identity.ts";
import { ModelError } from "../errors.ts";
import { comparePaths, findCollision, pathProblem } from "../file-path.ts";

/** A file that goes into the model. */
export interface WalkedFile {
  /** In the model: relative, with slashes, in Unicode normalisation form C. */
  readonly path: string;
  /** On this machine, with symlinks resolved. */
  readonly location: string;
  /** Bytes. */
  readonly size: number;
  /** The file as it was found; whatever reads it later makes sure that it is still that. */
  readonly identity: FileIdentity;
}

export interface WalkOptions {
  /** Directories outside that symlinks may lead into. */
  readonly linkTargets?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the files of a model.
 *
 * A directory's contents are taken relative to it, a single file by its base name. Names that start with a dot and
 * `__pycache__` are skipped inside directories: they hold caches and secrets. Symlinks to files are followed as long as
 * they stay in the directory they were found in, or in one that the caller allows.
 *
 * @returns sorted by path; at least one.
 * @throws {@link ModelError} `FILE_MISSING` for a path that is not there and when there is no file at all;
 * `PATH_ESCAPE` for a symlink that leads out; `CONFIG_INVALID` for names that not every reader could write.
 */
export async function walk(paths: readonly string[], options: WalkOptions = {}): Promise<readonly WalkedFile[]> {
  const files: WalkedFile[] = [];
  for (const path of paths) {
    const stats = statGiven(path);
    if (stats.isDirectory()) {
      const roots = await Promise.all([path, ...(options.linkTargets ?? [])].map((each) => realpath(each)));
      for await (const file of new DirectoryWalk(roots, path).files("", options)) add(files, file);
    } else {
      checkRegular(stats, path);
      add(files, { path: modelPath(basename(resolve(path))), ...located(await realpath(path), stats) });
    }
  }
  if (files.length === 0) {
    throw new ModelError("FILE_MISSING", `no files to pack in ${paths.map((path) => JSON.stringify(path)).join(", ")}`);
  }
  const sorted = files.sort((a, b) => comparePaths(a.path, b.path));
  const collision = findCollision(sorted.map(({ path }) => path));
  if (collision) {
    const [one, other] = collision.map((path) => JSON.stringify(path));
    const reason = "they would be one file, or a file and a directory, where case does not count";
    throw new ModelError("CONFIG_INVALID", `${one} and ${other} cannot be in one model: ${reason}`);
  }
  return sorted;
}

function add(files: WalkedFile[], file: WalkedFile): void {
  if (files.length >= modelFileLimit) {
    throw new ModelError("CONFIG_INVALID", `there are more than ${modelFileLimit} files; give a narrower path`);
  }
  files.push(file);
}

function statGiven(path: string): BigIntStats {
  try {
    return look(path);
  } catch (cause) {
    throw new ModelError("FILE_MISSING", `${path} is not there: ${errorCode(cause)}`, { cause, path });
  }
}

/** Synchronous, which takes a tenth of the time: directories of 10,000 files are common. */
function look(path: string): BigIntStats {
  return statSync(path, { bigint: true });
}

function located(location: string, stats: BigIntStats): Omit<WalkedFile, "path"> {
  return { location, size: Number(stats.size), identity: fileIdentity(stats) };
}

/** The walk through one directory that was given. */
class DirectoryWalk {
  readonly #root: string;
  /** Where files may lie: the root, and what else symlinks may lead into. */
  readonly #roots: readonly string[];
  /** As the caller wrote it, for messages. */
  readonly #given: string;

  constructor(roots: readonly string[], given: string) {
    this.#root = roots[0] ?? given;
    this.#roots = roots;
    this.#given = given;
  }

  /** @param directory - relative to the root; empty for the root itself. */
  async *files(directory: string, options: WalkOptions): AsyncGenerator<WalkedFile> {
    await turn();
    options.signal?.throwIfAborted();
    // Synchronous like the looks: a hundred directories would wait a hundred times for another thread.
    for (const entry of readdirSync(join(this.#root, directory), { withFileTypes: true })) {
      if (isSkipped(entry.name)) continue;
      const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) yield* this.files(path, options);
      else yield { path: modelPath(path), ...(await this.#locate(entry, path)) };
    }
  }

  async #locate(entry: Dirent, path: string): Promise<Omit<WalkedFile, "path">> {
    const location = join(this.#root, path);
    const shown = join(this.#given, path);
    if (entry.isFile()) return located(location, look(location));
    if (!entry.isSymbolicLink()) {
      throw new ModelError("CONFIG_INVALID", `${shown} is not a regular file; leave it out`, { path: shown });
    }
    const target = await followLink(location, shown);
    if (!this.#roots.some((root) => isInside(root, target))) {
      // What Hugging Face's cache looks like: snapshots link to ../../blobs.
      const advice = "use mreg import huggingface for a snapshot in its cache, or a copy made with cp -rL";
      throw new ModelError("PATH_ESCAPE", `${shown} is a symlink out of ${this.#given}, to ${target}; ${advice}`, {
        path: shown,
      });
    }
    const stats = look(target);
    checkRegular(stats, shown);
    return located(target, stats);
  }
}

async function followLink(location: string, shown: string): Promise<string> {
  try {
    return await realpath(location);
  } catch (cause) {
    const reason = `${shown} is a symlink that leads nowhere: ${errorCode(cause)}`;
    throw new ModelError("FILE_MISSING", reason, { cause, path: shown });
  }
}

/** A link to a directory is refused, too: following it could go round in circles. */
function checkRegular(stats: BigIntStats, path: string): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory() ? "a symlink to a directory" : "not a regular file";
  throw new ModelError("CONFIG_INVALID", `${path} is ${what}; leave it out`, { path });
}

function isSkipped(name: string): boolean {
  return name.startsWith(".") || name === "__pycache__";
}

function isInside(root: string, target: string): boolean {
  const way = relative(root, target);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function modelPath(path: string): string {
  const normalised = path.normalize("NFC");
  const problem = pathProblem(normalised);
  if (!problem) return normalised;
  throw new ModelError("CONFIG_INVALID", `${JSON.stringify(path)} cannot be a file of a model: ${problem}`, { path });
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
