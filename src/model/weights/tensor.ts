import { ModelError } from "../errors.ts";

/** What a weights file says of one tensor. */
export interface Tensor {
  readonly name: string;
  /** As the format spells it: `BF16` (safetensors), `Q4_K` (GGUF). */
  readonly dtype: string;
  /** In the order of the file; GGUF puts the fastest dimension first, safetensors last. */
  readonly shape: readonly number[];
  /** Number of elements: the product of the shape. */
  readonly elements: number;
  /** First byte, counted from the start of the file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly bytes: number;
}

/** The header of a weights file as plain data. */
export interface WeightsHeader {
  readonly format: "safetensors" | "gguf";
  /** Bytes before the first tensor, padding included. */
  readonly headerBytes: number;
  readonly tensors: readonly Tensor[];
  /** Free text by whoever wrote the file. Arrays of GGUF, such as vocabularies, are left out. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  /** How long GGUF's arrays are, by key: `tokenizer.ggml.tokens` has as many elements as the vocabulary has words. */
  readonly arrays?: Readonly<Record<string, number>>;
}

/** A header that must not be believed; {@link readWeightsHeader} adds the path. */
export function unsafe(reason: string, cause?: unknown): ModelError {
  return new ModelError("UNSAFE_FORMAT", reason, { cause });
}

/** Names from outside go into messages shortened and with control characters escaped. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}

/**
 * Multiplies dimensions, refusing products that a double cannot hold exactly: a wrapped product is how a header makes
 * a reader believe that a huge tensor is small.
 */
export function countElements(shape: readonly number[], name: string): number {
  let product = 1;
  for (const dimension of shape) {
    product *= dimension;
    if (!Number.isSafeInteger(product)) throw unsafe(`tensor ${quote(name)} has more than 2^53 elements`);
  }
  return product;
}
