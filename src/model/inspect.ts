import { mapConcurrent } from "../base/concurrency.ts";
import type { Digest } from "../base/digest.ts";
import { hasCode } from "../base/errors.ts";
import type { CallOptions, RangeFetcher } from "../oci/content.ts";
import { describeWeights } from "./formats/describe.ts";
import type { WeightsDescription } from "./formats/description.ts";
import type { FileKind } from "./media-types.ts";
import { blobReader, readAhead } from "./range-reader.ts";
import type { WeightsHeader } from "./tensor.ts";
import type { ModelView, ModelViewFile } from "./view.ts";
import { weightsFormat } from "./weights-format.ts";
import { readWeightsHeader } from "./weights-header.ts";

/** What a look at a model tells, as plain data. Nothing of it is verified: it serves to show, never to decide. */
export interface ModelInspection {
  readonly format: ModelView["format"];
  readonly files: readonly FileInspection[];
  readonly weights: readonly WeightsInspection[];
  /** Bytes of all layers. */
  readonly totalBytes: number;
  readonly hasTokenizer: boolean;
  readonly hasChatTemplate: boolean;
}

export interface FileInspection {
  readonly path: string;
  readonly kind: FileKind;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  /** Present when the layer holds many files. */
  readonly archive?: NonNullable<ModelViewFile["archive"]>;
}

export interface WeightsInspection {
  readonly path: string;
  readonly format?: string;
  readonly tensors?: number;
  /** Sum of the elements of all tensors. */
  readonly parameters?: number;
  /** Elements by type, as the format spells it. */
  readonly dtypes?: Readonly<Record<string, number>>;
  readonly metadata?: WeightsHeader["metadata"];
  /** Why the header must not be believed; the other fields are absent then. */
  readonly problem?: string;
}

/**
 * Looks into a model without downloading it: of each weights file only the header is read, by ranges.
 *
 * A header that lies is reported, not thrown: whoever inspects wants to see it.
 */
export async function inspectModel(
  store: RangeFetcher,
  view: ModelView,
  options: CallOptions = {},
): Promise<ModelInspection> {
  const weights = view.files.filter(({ kind, archive }) => kind === "weight" && !archive);
  const inspected = await inspectAll(store, weights, options);
  const names = view.files.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  const hasMetadata = (key: string) => inspected.some(({ metadata }) => metadata && Object.hasOwn(metadata, key));
  return {
    format: view.format,
    files: view.files.map(({ path, kind, descriptor: { mediaType, digest, size }, archive }) => {
      return { path, kind, mediaType, digest, size, ...(archive ? { archive } : {}) };
    }),
    weights: inspected,
    totalBytes: view.files.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    hasTokenizer: names.some((name) => /^tokenizer(?:\.|_config)/.test(name)) || hasMetadata("tokenizer.ggml.model"),
    hasChatTemplate:
      names.some((name) => /^chat_template\.(?:jinja|json)$/.test(name)) || hasMetadata("tokenizer.chat_template"),
  };
}

/** What is fetched of a safetensors file at first: the headers of most shards fit, and a few of them cost little. */
const firstReadBytes = 16 * 1024;

/** Many shards are read after one of them has told how long their headers are, for then a guess for all adds up. */
const guessedShards = 8;

async function inspectAll(
  store: RangeFetcher,
  weights: readonly ModelViewFile[],
  { signal }: CallOptions,
): Promise<readonly WeightsInspection[]> {
  let prefixBytes = firstReadBytes;
  const inspect = async (file: ModelViewFile, options: CallOptions) => {
    const { inspection, headerBytes } = await inspectWeights(store, { file, prefixBytes }, options);
    // A tenth more, because numbers of layers and offsets grow longer.
    if (headerBytes !== undefined) prefixBytes = Math.min(firstReadBytes, Math.ceil(headerBytes * 1.1));
    return inspection;
  };
  const alone = weights.length > guessedShards ? weights.slice(0, 1) : [];
  const first = await mapConcurrent(alone, 1, (file, abort) => inspect(file, { signal: abort }), signal);
  const rest = weights.slice(alone.length);
  return [...first, ...(await mapConcurrent(rest, 4, (file, abort) => inspect(file, { signal: abort }), signal))];
}

interface Inspected {
  readonly inspection: WeightsInspection;
  readonly headerBytes?: number;
}

async function inspectWeights(
  store: RangeFetcher,
  { file: { path, descriptor }, prefixBytes }: { readonly file: ModelViewFile; readonly prefixBytes: number },
  options: CallOptions,
): Promise<Inspected> {
  const format = weightsFormat(path);
  const blob = blobReader(store, descriptor, options);
  try {
    // GGUF reads ahead itself: its headers have no length.
    const header = await readWeightsHeader(format === "safetensors" ? readAhead(blob, prefixBytes) : blob, path);
    if (header) return { inspection: { path, ...summarize(header) }, headerBytes: header.headerBytes };
    const description = await describeWeights(blob, path);
    if (description) return { inspection: { path, ...summarize(description) } };
  } catch (error) {
    if (!hasCode(error, "UNSAFE_FORMAT")) throw error;
    return { inspection: { path, problem: error.message } };
  }
  return { inspection: { path, ...(format ? { format } : {}) } };
}

function summarize({ format, tensors, metadata }: WeightsHeader | WeightsDescription): Omit<WeightsInspection, "path"> {
  const dtypes = new Map<string, number>();
  for (const { dtype, elements } of tensors) dtypes.set(dtype, (dtypes.get(dtype) ?? 0) + elements);
  return {
    format,
    tensors: tensors.length,
    parameters: tensors.reduce((sum, { elements }) => sum + elements, 0),
    dtypes: Object.fromEntries(dtypes),
    metadata,
  };
}
