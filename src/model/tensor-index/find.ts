import { collect } from "../../base/bytes.ts";
import type { Digest } from "../../base/digest.ts";
import { ContentError, isMregError } from "../../base/errors.ts";
import type { CallOptions, Fetcher, ReferrerLister } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { fetchImageManifest } from "../../oci/fetch-manifest.ts";
import { ModelError } from "../errors.ts";
import { tensorIndexLimit, tensorIndexLimitBytes, tensorIndexListLimit } from "../limits.ts";
import { tensorIndexType } from "../media-types.ts";
import type { IndexedFile, TensorIndex } from "./document.ts";
import { parseTensorIndex } from "./parse.ts";

/** What the indexes attached to a model say. Claims, every one of them. */
export interface FoundIndexes {
  /** By the digest of the file. */
  readonly files: ReadonlyMap<Digest, IndexedFile>;
  /** Why an index was not used, in words; there may be any number of indexes by any number of people. */
  readonly problems: readonly string[];
  /** Bytes of the indexes that were fetched. */
  readonly bytes: number;
}

/**
 * Looks for tensor indexes attached to a model, and keeps what they say about its layers.
 *
 * Of several, those with the lowest digests count, four at most, and the first that describes a file is believed: the
 * choice depends on nothing but what is attached. A wrong one costs time, never a wrong file. Whatever is wrong with an
 * index or with the list of referrers becomes a problem, not an error: a pull needs neither.
 *
 * @param layers - of the model; what an index says about other files is ignored.
 */
export async function findTensorIndexes(
  store: ReferrerLister & Fetcher,
  model: Descriptor,
  layers: readonly Descriptor[],
  options?: CallOptions,
): Promise<FoundIndexes> {
  const sizes = new Map<Digest, number>(layers.map(({ digest, size }) => [digest, size]));
  const files = new Map<Digest, IndexedFile>();
  const problems: string[] = [];
  let bytes = 0;
  try {
    for (const candidate of await listCandidates(store, model, options)) {
      try {
        const index = await readTensorIndex(store, candidate, options);
        bytes += index.bytes;
        const own = index.index.files.filter(({ digest, size }) => sizes.get(digest) === size);
        if (own.length === 0) problems.push(`tensor index ${candidate.digest} describes none of the model's files`);
        for (const file of own) if (!files.has(file.digest)) files.set(file.digest, file);
      } catch (error) {
        problems.push(`tensor index ${candidate.digest} is not used: ${reason(error)}`);
      }
    }
  } catch (error) {
    problems.push(`tensor indexes cannot be listed: ${reason(error)}`);
  }
  return { files, problems, bytes };
}

/** The message of an error on purpose; others, such as an abort, go on. */
function reason(error: unknown): string {
  if (!isMregError(error)) throw error;
  return error.message;
}

async function listCandidates(
  store: ReferrerLister,
  model: Descriptor,
  options?: CallOptions,
): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = [];
  for await (const referrer of store.referrers(model, { ...options, artifactType: tensorIndexType })) {
    if (referrer.artifactType === tensorIndexType) found.push(referrer);
    if (found.length === tensorIndexListLimit) break;
  }
  return found.sort((a, b) => (a.digest < b.digest ? -1 : 1)).slice(0, tensorIndexLimit);
}

/**
 * Reads one index that is attached to a model.
 *
 * @throws {@link ModelError} `CONFIG_INVALID` when it is not one.
 * @throws {@link ContentError} when it is too long, or not the content its manifest names.
 */
async function readTensorIndex(
  store: Fetcher,
  referrer: Descriptor,
  options?: CallOptions,
): Promise<{ readonly index: TensorIndex; readonly bytes: number }> {
  const { value } = await fetchImageManifest(store, referrer, options);
  const [layer, ...others] = value.layers;
  if (!layer || others.length > 0 || layer.mediaType !== tensorIndexType) {
    throw new ModelError("CONFIG_INVALID", `expected one layer of type ${tensorIndexType}`);
  }
  if (layer.size > tensorIndexLimitBytes) {
    throw new ContentError("LIMIT_EXCEEDED", `it has ${layer.size} bytes, expected at most ${tensorIndexLimitBytes}`);
  }
  const bytes = await collect(store.fetch(layer, options), layer.size);
  return { index: parseTensorIndex(bytes), bytes: bytes.byteLength };
}
