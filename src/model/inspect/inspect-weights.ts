import { mapConcurrent } from "../../base/concurrency.ts";
import { hasCode } from "../../base/errors.ts";
import { describeWeights } from "../formats/describe.ts";
import type { WeightsDescription } from "../formats/description.ts";
import { limitedReader, readAhead } from "../weights/range-reader.ts";
import type { WeightsHeader } from "../weights/tensor.ts";
import { weightsFormat } from "../weights/weights-format.ts";
import { readWeightsHeader } from "../weights/weights-header.ts";
import type { InspectedFile } from "./inspected-file.ts";

/** A tensor as it is shown. */
export interface InspectedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
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
  /** The tensors themselves, as many as were asked for. */
  readonly list?: readonly InspectedTensor[];
  /** Why the header must not be believed, or was not read; the other fields are absent then. */
  readonly problem?: string;
}

/** What was seen of a weights file, and what of it is shown. */
export interface LookedAt {
  readonly inspection: WeightsInspection;
  readonly header?: WeightsHeader | WeightsDescription;
}

export interface WeightsOptions {
  /** Tensors listed in all; none when absent. */
  readonly tensors?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is fetched of a safetensors file at first: the headers of most shards fit, and a few of them cost little. */
const firstReadBytes = 16 * 1024;

/** Many shards are read after one of them has told how long their headers are, for then a guess for all adds up. */
const guessedShards = 8;

/** What a look at a file of scattered structures may take of a registry: HDF5 of a thousand layers stays below. */
const scatteredLimits = { bytes: 16 * 1024 * 1024, reads: 1_000 };

/** A pickle is read from its start to its end, arrays apart, and so a long one is not looked at from afar. */
const pickleLimits = { bytes: 2 * 1024 * 1024, reads: 100 };

/** What a look at a file of this name may take of a registry. */
export function remoteLimits(path: string): { readonly bytes: number; readonly reads: number } {
  return /\.(?:pkl|pickle|joblib|dill|cloudpickle)$/i.test(path) ? pickleLimits : scatteredLimits;
}

/** Looks into weights, by their headers and structures alone. A header that lies is reported, not thrown. */
export async function inspectWeights(
  weights: readonly InspectedFile[],
  { tensors = 0, signal }: WeightsOptions,
): Promise<readonly LookedAt[]> {
  let prefixBytes = firstReadBytes;
  const look = async (file: InspectedFile, abort: AbortSignal): Promise<LookedAt> => {
    const looked = await lookAt(file, prefixBytes, abort);
    const { header } = looked;
    // A tenth more, because numbers of layers and offsets grow longer.
    if (header && "headerBytes" in header) prefixBytes = Math.min(firstReadBytes, Math.ceil(header.headerBytes * 1.1));
    return looked;
  };
  const alone = weights.length > guessedShards ? weights.slice(0, 1) : [];
  const first = await mapConcurrent(alone, 1, look, signal);
  const all = [...first, ...(await mapConcurrent(weights.slice(alone.length), 4, look, signal))];
  let left = tensors;
  return all.map((looked) => {
    const list = (looked.header?.tensors ?? [])
      .slice(0, left)
      .map(({ name, dtype, shape }) => ({ name, dtype, shape }));
    left -= list.length;
    return list.length > 0 ? { ...looked, inspection: { ...looked.inspection, list } } : looked;
  });
}

async function lookAt(
  { path, open, isRemote }: InspectedFile,
  prefixBytes: number,
  signal: AbortSignal,
): Promise<LookedAt> {
  const format = weightsFormat(path);
  const unknown = { inspection: { path, ...(format ? { format } : {}) } };
  const read = open?.({ signal });
  if (!read) return unknown;
  try {
    // GGUF reads ahead itself: its headers have no length.
    const header = await readWeightsHeader(format === "safetensors" ? readAhead(read, prefixBytes) : read, path);
    if (header) return { inspection: { path, ...summarize(header) }, header };
    const description = await describeWeights(isRemote ? limitedReader(read, remoteLimits(path)) : read, path);
    return description ? { inspection: { path, ...summarize(description) }, header: description } : unknown;
  } catch (error) {
    if (!hasCode(error, "UNSAFE_FORMAT")) throw error;
    return { inspection: { path, problem: error.message } };
  }
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
