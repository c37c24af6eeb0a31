import type { DescribedTensor, WeightsDescription } from "../formats/description.ts";
import type { ModelConfigFacts } from "../model-config.ts";

/** Formats of one parameter per element, and those whose packing the table of ggml types has resolved already. */
const plainMethods: readonly string[] = ["fp8", "fbgemm_fp8"];
/** Methods that pack 32 / bits weights into each int32 of `qweight`. */
const packedMethods: readonly string[] = ["gptq", "awq"];
/** Companions of quantised tensors: scales and zero points are not parameters. */
const companion = /\.(?:qzeros|scales|g_idx)$|(?:_scale|_scale_inv)$/;

/**
 * Counts parameters.
 *
 * @returns undefined when a quantization method packs elements in a way mreg does not know; a wrong number would be
 * believed.
 */
export function countParameters(headers: readonly WeightsDescription[], facts: ModelConfigFacts): number | undefined {
  const tensors = headers.flatMap((header) => header.tensors);
  if (tensors.length === 0) return undefined;
  const method = facts.quantization;
  if (headers[0]?.format === "gguf" || method === undefined) return sum(tensors, ({ elements }) => elements);
  if (plainMethods.includes(method)) return sum(tensors, (tensor) => (isCompanion(tensor) ? 0 : tensor.elements));
  const { quantizationBits: bits } = facts;
  if (!packedMethods.includes(method) || bits === undefined || bits < 1 || bits > 32) return undefined;
  return sum(tensors, (tensor) => {
    if (isCompanion(tensor)) return 0;
    return tensor.name.endsWith(".qweight") ? Math.round((tensor.elements * 32) / bits) : tensor.elements;
  });
}

function isCompanion({ name }: DescribedTensor): boolean {
  return companion.test(name);
}

function sum(tensors: readonly DescribedTensor[], count: (tensor: DescribedTensor) => number): number {
  return tensors.reduce((total, tensor) => total + count(tensor), 0);
}
