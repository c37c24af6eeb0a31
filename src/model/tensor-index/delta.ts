import { link, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, digestHex } from "../../base/digest.ts";
import type { Fetcher, ReferrerLister } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { LocalPiece } from "../../transfer/pieces/index.ts";
import { indexedFileBytes } from "./build.ts";
import { findTensorIndexes } from "./find.ts";
import { extensionOf, findLocalFiles, type LocalFile } from "./local-files.ts";
import { findLocalPieces, type LocalSearchOptions } from "./local-pieces.ts";

/** A file of a model that is to be fetched. */
export interface DeltaFile {
  /** In the model. */
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface DeltaRequest {
  readonly store: ReferrerLister & Fetcher;
  readonly model: Descriptor;
  /** What is to be fetched. */
  readonly files: readonly DeltaFile[];
  /** The directory that the files go to; it is searched, too. */
  readonly target: string;
  /** A directory on the same file system, where links keep what the pull is about to replace. */
  readonly staging: string;
  /** Further directories that may hold an older version. */
  readonly from: readonly string[];
  /** Directory of a cache, whose files have digests for names. */
  readonly blobs?: string | undefined;
}

export interface Delta {
  /** What need not be fetched, by digest of the file. */
  readonly reuse: ReadonlyMap<Digest, readonly LocalPiece[]>;
  /** Why an index or a directory was not used. */
  readonly problems: readonly string[];
}

/**
 * Plans which bytes of a model come from an older version on this machine.
 *
 * Asks the registry for an index only when some local file could be an older version. The plan is no proof: the digest
 * of each whole file decides about what was put together.
 */
export async function planDelta(request: DeltaRequest, options: LocalSearchOptions = {}): Promise<Delta> {
  const { store, model, staging, from, blobs } = request;
  const files = await uncached(
    request.files.filter(({ size }) => size >= indexedFileBytes),
    blobs,
  );
  const target = await realpath(request.target).catch(() => request.target);
  const missing = await notDirectories(from);
  const named = await findCandidates(files, [target, ...from], options);
  const cached =
    blobs === undefined || files.length === 0 ? [] : await findLocalFiles([blobs], nameless, options.signal);
  const local = [...named, ...cached];
  if (local.length === 0) return { reuse: new Map(), problems: missing };
  const layers = files.map(({ digest, size }) => ({ mediaType: model.mediaType, digest, size }));
  const indexes = await findTensorIndexes(store, model, layers, { signal: options.signal });
  const found = await findLocalPieces([...indexes.files.values()], local, options);
  const kept = await keepSources(found, { files, target, staging });
  const isUnindexed = from.length > 0 && indexes.files.size === 0 && indexes.problems.length === 0;
  const unindexed = isUnindexed ? ["no tensor index is attached, so that nothing is known to be unchanged"] : [];
  return { reuse: kept, problems: [...missing, ...indexes.problems, ...unindexed] };
}

/** Files that a cache has need no pieces: it gives them as a whole. */
async function uncached(files: readonly DeltaFile[], blobs: string | undefined): Promise<readonly DeltaFile[]> {
  if (blobs === undefined) return files;
  const stats = await Promise.all(
    files.map(({ digest }) => stat(join(blobs, digestHex(digest))).catch(() => undefined)),
  );
  return files.filter((_, at) => stats[at] === undefined);
}

/** Whoever names a directory wants it to be used; one that is there by chance may be anything. */
async function notDirectories(paths: readonly string[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const path of paths) {
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isDirectory()) problems.push(`${path} is not a directory, and no older version was looked for in it`);
  }
  return problems;
}

/** Of files that are named by a digest. */
const nameless = new Set([""]);

async function findCandidates(
  files: readonly DeltaFile[],
  directories: readonly string[],
  { signal }: LocalSearchOptions,
): Promise<readonly LocalFile[]> {
  if (files.length === 0) return [];
  const real = await Promise.all(directories.map((directory) => realpath(directory).catch(() => directory)));
  return findLocalFiles([...new Set(real)], new Set(files.map(({ path }) => extensionOf(path))), signal);
}

interface Places {
  readonly files: readonly DeltaFile[];
  readonly target: string;
  readonly staging: string;
}

/**
 * Makes sure that no source is replaced while another file still needs it: such a source gets a second name, and pieces
 * from one that cannot have one are given up. A file's own older version stays in place until the new one is complete.
 */
async function keepSources(
  reuse: ReadonlyMap<Digest, readonly LocalPiece[]>,
  { files, target, staging }: Places,
): Promise<ReadonlyMap<Digest, readonly LocalPiece[]>> {
  const replaced = new Set(files.map(({ path }) => join(target, path)));
  const links = new Map<string, string | undefined>();
  const kept = new Map<Digest, readonly LocalPiece[]>();
  for (const [digest, pieces] of reuse) {
    const own = files.filter((file) => file.digest === digest).map(({ path }) => join(target, path));
    const usable: LocalPiece[] = [];
    for (const piece of pieces) {
      const { location } = piece;
      if (!replaced.has(location) || (own.length === 1 && own[0] === location)) {
        usable.push(piece);
        continue;
      }
      if (!links.has(location)) links.set(location, await secondName(location, join(staging, `older-${links.size}`)));
      const kept = links.get(location);
      if (kept !== undefined) usable.push({ ...piece, location: kept });
    }
    if (usable.length > 0) kept.set(digest, usable);
  }
  return kept;
}

/** File systems such as FAT have no links. */
async function secondName(location: string, name: string): Promise<string | undefined> {
  return link(location, name).then(
    () => name,
    () => undefined,
  );
}
