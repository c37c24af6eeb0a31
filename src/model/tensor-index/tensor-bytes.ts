import { ggmlTypes } from "../weights/gguf-types.ts";
import { safetensorsBits } from "../weights/safetensors.ts";

const ggmlByName = new Map([...ggmlTypes.values()].map((type) => [type.name, type]));

/**
 * The bytes that a tensor of this type and shape must have; undefined for types that neither format knows.
 *
 * The formats agree where they share names. Products beyond 2^53 come out inexact, and equal no real length.
 */
export function tensorBytes(dtype: string, shape: readonly number[]): number | undefined {
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  const bits = safetensorsBits.get(dtype);
  if (bits !== undefined) return (elements * bits) / 8;
  const block = ggmlByName.get(dtype);
  return block && (elements / block.elements) * block.bytes;
}
