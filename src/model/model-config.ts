import type { JsonValue } from "../base/json.ts";
import { arrayAt, numberAt, objectAt, readQuietly, textAt } from "../base/shape.ts";

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
  // A field of another type counts as absent: the file is the training framework's, not ours to refuse.
  const facts = readQuietly(parse(bytes), objectAt) ?? {};
  const quantizing = readQuietly(facts["quantization_config"], objectAt) ?? {};
  const [architecture] = readQuietly(facts["architectures"], (value) => arrayAt(value, "", textAt)) ?? [];
  const family = readQuietly(facts["model_type"], textAt);
  const quantization = readQuietly(quantizing["quant_method"], textAt);
  const quantizationBits = readQuietly(quantizing["bits"], numberAt);
  return {
    ...(architecture ? { architecture } : {}),
    ...(family ? { family } : {}),
    ...(quantization ? { quantization } : {}),
    ...(quantizationBits ? { quantizationBits } : {}),
  };
}

function parse(bytes: Uint8Array): JsonValue {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as JsonValue;
  } catch {
    return null;
  }
}
