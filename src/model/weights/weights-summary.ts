import { comparePaths } from "../file-path.ts";
import type { WeightsDescription } from "../formats/description.ts";
import type { ModelConfigFacts } from "../model-config.ts";
import { fileTypeNames } from "./gguf-types.ts";
import { formatParamSize } from "./param-size.ts";
import { countParameters } from "./parameters.ts";
import { weightsFormat } from "./weights-format.ts";

/** What a model's weights say of themselves, for the ModelPack config. Absent is what no header told. */
export interface WeightsSummary {
  readonly format?: string;
  /** Number of parameters behind `paramSize`. */
  readonly parameters?: number;
  readonly paramSize?: string;
  /** ModelPack's names of element types, the one with the most elements first, joined with commas. */
  readonly precision?: string;
  readonly quantization?: string;
  readonly architecture?: string;
  readonly family?: string;
}

export interface WeightsFile {
  readonly path: string;
  readonly size: number;
  readonly header?: WeightsDescription;
}

/** Summarises the weights of a model and what its `config.json` adds. */
export function summarizeWeights(files: readonly WeightsFile[], facts: ModelConfigFacts): WeightsSummary {
  const format = dominantFormat(files);
  const headers = files
    .filter(({ path, header }) => (header?.format ?? weightsFormat(path)) === format)
    .flatMap((file) => (file.header ? [{ path: file.path, header: file.header }] : []));
  const counted = largestSets(headers);
  const parameters = countParameters(counted, facts);
  const precision = joinPrecisions(counted);
  const metadata = counted[0]?.metadata ?? {};
  const architecture = facts.architecture ?? text(metadata["general.architecture"]);
  const quantization = ggufQuantization(metadata["general.file_type"]) ?? facts.quantization;
  return {
    ...(format ? { format } : {}),
    ...(parameters ? { parameters, paramSize: formatParamSize(parameters) } : {}),
    ...(precision ? { precision } : {}),
    ...(quantization ? { quantization } : {}),
    ...(architecture ? { architecture } : {}),
    ...(facts.family ? { family: facts.family } : {}),
  };
}

/** One format stands for the model: one whose headers tell something if there is any, else the one with most bytes. */
function dominantFormat(files: readonly WeightsFile[]): string | undefined {
  const bytes = new Map<string, number>();
  for (const { path, size, header } of files) {
    const format = header?.format ?? weightsFormat(path);
    if (format) bytes.set(format, (bytes.get(format) ?? 0) + size);
  }
  for (const parsed of ["safetensors", "gguf"]) if (bytes.has(parsed)) return parsed;
  return [...bytes].sort((a, b) => b[1] - a[1] || comparePaths(a[0], b[0]))[0]?.[0];
}

/**
 * Drops copies of the same weights: within a directory, files that differ by more than a shard number
 * (`model-Q4_K.gguf` beside `model-Q8_0.gguf`, `consolidated.safetensors` beside `model-00001-of-00002.safetensors`)
 * are alternatives, and the one with the most elements counts. Different directories are parts of one pipeline.
 */
function largestSets(
  files: readonly { readonly path: string; readonly header: WeightsDescription }[],
): WeightsDescription[] {
  const directories = new Map<string, Map<string, WeightsDescription[]>>();
  for (const { path, header } of files) {
    const slash = path.lastIndexOf("/") + 1;
    const stem = path.slice(slash).replace(/-\d{5}-of-\d{5}(?=\.)/, "");
    const sets = directories.get(path.slice(0, slash)) ?? new Map<string, WeightsDescription[]>();
    directories.set(path.slice(0, slash), sets.set(stem, [...(sets.get(stem) ?? []), header]));
  }
  return [...directories.values()].flatMap((sets) => {
    const bySize = [...sets.values()].map((set) => ({ set, elements: totalElements(set) }));
    return bySize.sort((a, b) => b.elements - a.elements)[0]?.set ?? [];
  });
}

function totalElements(headers: readonly WeightsDescription[]): number {
  return headers.flatMap(({ tensors }) => tensors).reduce((sum, { elements }) => sum + elements, 0);
}

/** ModelPack's names; what its list lacks appears under the format's own name in lower case, such as `q4_k`. */
const precisionNames: Readonly<Record<string, string>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  F8_E4M3: "float8_e4m3",
  F8_E4M3FNUZ: "float8_e4m3",
  F8_E5M2: "float8_e5m2",
  F8_E5M2FNUZ: "float8_e5m2",
  C64: "complex64",
  I8: "int8",
  I16: "int16",
  I32: "int32",
  I64: "int64",
  U8: "uint8",
  U16: "uint16",
  U32: "uint32",
  U64: "uint64",
  BOOL: "bool",
};

/** The ModelPack name of an element type. */
export function precisionName(dtype: string): string {
  return precisionNames[dtype] ?? dtype.toLowerCase();
}

function joinPrecisions(headers: readonly WeightsDescription[]): string {
  const shares = new Map<string, number>();
  for (const { dtype, elements } of headers.flatMap(({ tensors }) => tensors)) {
    const name = precisionName(dtype);
    shares.set(name, (shares.get(name) ?? 0) + elements);
  }
  const sorted = [...shares].sort((a, b) => b[1] - a[1] || comparePaths(a[0], b[0]));
  return sorted.map(([name]) => name).join(",");
}

/** Plain floating point is a precision, not a quantization; the 1024 bit marks a guess of the converter. */
function ggufQuantization(fileType: unknown): string | undefined {
  const name = typeof fileType === "number" ? fileTypeNames[fileType & ~1024] : undefined;
  return name && !["F32", "F16", "BF16"].includes(name) ? name : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
