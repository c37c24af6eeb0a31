import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { mapConcurrent } from "../../base/concurrency.ts";
import { modelFileLimit } from "../../base/limits.ts";
import type { CallOptions } from "../../oci/content.ts";
import { VerificationError } from "../errors.ts";
import { gitPaths, isIgnored, type OmsManifest, type OmsResources } from "./manifest.ts";

/** Files hashed at a time: reading waits for disks more than for processors. */
const concurrency = 4;

/** Directories inside one another; published models have two. */
const depthLimit = 64;

/** By model_signing's names. BLAKE3 is not in Node. */
const hashes: ReadonlyMap<string, string> = new Map([
  ["sha256", "sha256"],
  ["blake2b", "blake2b512"],
]);

export interface DirectoryOptions extends CallOptions {
  /** Paths in the directory to look away from, each with everything below it, besides those the signature names. */
  readonly ignore?: readonly string[];
}

/**
 * Hashes the files of a model the way a signature says it was done.
 *
 * Names in the signature are compared and never opened, so that none of them leads out of the directory.
 *
 * @param model - a directory, or the one file that a model is.
 * @throws {@link VerificationError} `SUBJECT_MISMATCH` for anything that cannot have been signed: links, unless the
 * signature allows them, devices, too many files.
 */
export async function hashDirectory(
  model: string,
  manifest: OmsManifest,
  options: DirectoryOptions = {},
): Promise<OmsResources> {
  const algorithm = hashes.get(manifest.hash);
  if (algorithm === undefined) {
    throw new VerificationError(
      "SIGNATURE_INVALID",
      `the signature uses ${manifest.hash.slice(0, 40)}, which mreg cannot compute, expected sha256 or blake2b`,
    );
  }
  const root = resolve(model);
  const { signal } = options;
  const files = await listFiles(root, manifest, options);
  const pieces = files.flatMap((file) => piecesOf(file, manifest.shardBytes));
  const hashed = await mapConcurrent(
    pieces,
    concurrency,
    async ({ name, location, range }, abort): Promise<[string, string]> => {
      const hash = createHash(algorithm);
      for await (const chunk of createReadStream(location, { ...range, signal: abort })) hash.update(chunk as Buffer);
      return [name, hash.digest("hex")];
    },
    signal,
  );
  return new Map(hashed);
}

interface FoundFile {
  readonly name: string;
  readonly location: string;
  readonly size: number;
}

async function listFiles(root: string, manifest: OmsManifest, options: DirectoryOptions): Promise<FoundFile[]> {
  const given = await stat(root);
  // A model of one file is called "." by every model_signing, though the specification says its name.
  if (given.isFile()) {
    const name = manifest.resources.has(basename(root)) ? basename(root) : ".";
    return [{ name, location: root, size: given.size }];
  }
  const ignored = [...gitPaths, ...manifest.ignoredPaths, ...(options.ignore ?? [])];
  const found: FoundFile[] = [];
  const visit = async (directory: string, depth: number): Promise<void> => {
    options.signal?.throwIfAborted();
    if (depth > depthLimit) throw mismatch(`${relative(root, directory)} is nested deeper than ${depthLimit}`);
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const location = join(directory, entry.name);
      const name = relative(root, location).split(sep).join("/");
      if (isIgnored(name, ignored)) continue;
      if (entry.isDirectory()) await visit(location, depth + 1);
      else found.push({ name, location, size: await sizeOf(entry, location, manifest.allowSymlinks) });
      if (found.length > modelFileLimit) throw mismatch(`it has more than ${modelFileLimit} files`);
    }
  };
  await visit(root, 0);
  return found;
}

async function sizeOf(entry: Dirent, location: string, allowSymlinks: boolean): Promise<number> {
  if (entry.isSymbolicLink() && !allowSymlinks) throw mismatch(`${entry.name} is a link, and links were not signed`);
  const stats = entry.isSymbolicLink() ? await stat(location) : await lstat(location);
  if (!stats.isFile()) throw mismatch(`${entry.name} is not a file`);
  return stats.size;
}

interface Piece {
  readonly name: string;
  readonly location: string;
  /** Inclusive at its end, as streams have it; absent for a whole file. */
  readonly range?: { readonly start: number; readonly end: number };
}

/** Shards are called by their range; an empty file has none. */
function piecesOf({ name, location, size }: FoundFile, shardBytes: number | undefined): readonly Piece[] {
  if (shardBytes === undefined) return [{ name, location }];
  if (Math.ceil(size / shardBytes) > modelFileLimit) throw mismatch(`${name} has more than ${modelFileLimit} shards`);
  const pieces: Piece[] = [];
  for (let start = 0; start < size; start += shardBytes) {
    const end = Math.min(start + shardBytes, size);
    pieces.push({ name: `${name}:${start}:${end}`, location, range: { start, end: end - 1 } });
  }
  return pieces;
}

function mismatch(reason: string): VerificationError {
  return new VerificationError("SUBJECT_MISMATCH", `the directory is not what was signed: ${reason}`);
}
