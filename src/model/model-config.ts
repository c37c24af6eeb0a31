import { z } from "zod";
import type { JsonValue } from "../base/json.ts";

/**
 * The facts that mreg takes from a Hugging Face `config.json`. A field of another type counts as absent: the file is
 * the training framework's, not ours to refuse.
 */
const Facts = z.object({
  architectures: z.array(z.string()).optional().catch(undefined),
  model_type: z.string().optional().catch(undefined),
  quantization_config: z
    .object({
      quant_method: z.string().optional().catch(undefined),
      bits: z.number().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

export interface ModelConfigFacts {
  readonly architecture?: string;
  readonly family?: string;
  readonly quantization?: string;
  /** Bits per weight, for methods that pack several weights into one element. */
  readonly quantizationBits?: number;
}

/**
 * Reads a `config.json`. What cannot be parsed tells nothing: Python writes `NaN` and `Infinity`, which JSON has not,
 * and models with such a file still load.
 */
export function readModelConfig(bytes: Uint8Array): ModelConfigFacts {
  const parsed = Facts.safeParse(parse(bytes));
  if (!parsed.success) return {};
  const { architectures, model_type: family, quantization_config: quantization } = parsed.data;
  const architecture = architectures?.[0];
  return {
    ...(architecture ? { architecture } : {}),
    ...(family ? { family } : {}),
    ...(quantization?.quant_method ? { quantization: quantization.quant_method } : {}),
    ...(quantization?.bits ? { quantizationBits: quantization.bits } : {}),
  };
}

function parse(bytes: Uint8Array): JsonValue {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as JsonValue;
  } catch {
    return null;
  }
}
