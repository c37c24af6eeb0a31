import type { TransferListener } from "../../base/events.ts";
import type { GraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { type HashedFile, hashFiles } from "../push/hash-pass.ts";
import { attachTensorIndex } from "./attach.ts";
import { buildTensorIndex, describeCutFile, indexSplit } from "./build.ts";
import type { IndexedFile } from "./document.ts";
import { findTensorIndexes } from "./find.ts";
import type { IndexCache } from "./index-cache.ts";

export interface WriteIndexOptions {
  /** Entries of files from earlier pushes. */
  readonly cache?: IndexCache | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: TransferListener | undefined;
}

/**
 * Attaches the index of a model that is stored.
 *
 * Of files that were not read because their digests were remembered, the entries may be remembered as well; if not,
 * they are read now, unless an index that describes all of the model is attached already.
 *
 * @param files - of the model, those to be described; cut by {@link indexSplit} where they were read.
 * @returns the referrer; undefined when there was one, or nothing to index.
 */
export async function writeTensorIndex(
  store: GraphTarget,
  model: Descriptor,
  files: readonly HashedFile[],
  options: WriteIndexOptions = {},
): Promise<Descriptor | undefined> {
  const { cache, signal } = options;
  const wanted = files.filter(({ size, header }) => indexSplit(size, header));
  const cut = wanted.flatMap(({ pieces, ...file }) => (pieces ? [describeCutFile({ ...file, pieces })] : []));
  const uncut: HashedFile[] = [];
  const known: IndexedFile[] = [];
  for (const file of wanted.filter(({ pieces }) => !pieces)) {
    const remembered = await cache?.get(file);
    if (remembered) known.push(remembered);
    else uncut.push(file);
  }
  if (uncut.length > 0) {
    if (await isIndexed(store, model, wanted, options)) return undefined;
    cut.push(...(await cutFiles(uncut, options)));
  }
  await cache?.put(cut);
  const index = buildTensorIndex([...known, ...cut]);
  return index && attachTensorIndex(store, model, index, { signal });
}

async function isIndexed(
  store: GraphTarget,
  model: Descriptor,
  files: readonly HashedFile[],
  { signal }: WriteIndexOptions,
): Promise<boolean> {
  const layers = files.map(({ digest, size }) => ({ mediaType: "application/octet-stream", digest, size }));
  const found = await findTensorIndexes(store, model, layers, { signal });
  return files.every(({ digest }) => found.files.has(digest));
}

async function cutFiles(
  files: readonly HashedFile[],
  { onEvent, signal }: WriteIndexOptions,
): Promise<readonly IndexedFile[]> {
  const hashed = await hashFiles(files, {
    onEvent,
    signal,
    split: ({ size, header }) => indexSplit(size, header),
  });
  return hashed.map(({ pieces = [], ...file }) => describeCutFile({ ...file, pieces }));
}
