import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import { describe } from "../oci/descriptor.ts";
import { type BlobSource, bytesSource } from "../oci/source.ts";
import { modelMediaTypes } from "./media-types.ts";
import type { ModelInput } from "./model-input.ts";
import type { WeightsSummary } from "./weights-summary.ts";

const text = z.string().optional();
const texts = z.array(z.string()).optional();

/**
 * The config of a ModelPack artifact as readers meet it: other writers add keys, and leave out what they do not know.
 *
 * @see {@link https://github.com/modelpack/model-spec/blob/v0.0.7/docs/config.md}
 */
export const ModelPackConfig = z.looseObject({
  descriptor: z
    .looseObject({
      createdAt: text,
      authors: texts,
      family: text,
      name: text,
      version: text,
      sourceURL: text,
      revision: text,
      licenses: texts,
      title: text,
      description: text,
    })
    .optional(),
  config: z
    .looseObject({ architecture: text, format: text, paramSize: text, precision: text, quantization: text })
    .optional(),
  modelfs: z.looseObject({ type: text, diffIds: texts }).optional(),
});
export type ModelPackConfig = Readonly<z.infer<typeof ModelPackConfig>>;

/**
 * Writes the config of a model: keys in the order of the specification, no spaces, nothing that the published schema
 * does not know, and no time unless the caller gave one.
 *
 * @param diffIds - digests of the uncompressed layers, in the layers' order.
 */
export function packConfig(input: ModelInput, summary: WeightsSummary, diffIds: readonly Digest[]): BlobSource {
  const { architecture, format, paramSize, precision, quantization, family } = summary;
  const config = {
    descriptor: {
      createdAt: input.created,
      family,
      name: input.name,
      version: input.version,
      sourceURL: input.source,
      revision: input.revision,
      licenses: input.licenses,
    },
    config: { architecture, format, paramSize, precision, quantization },
    modelfs: { type: "layers", diffIds },
  } satisfies { [part in keyof ModelPackConfig]: unknown };
  // JSON.stringify leaves out what is undefined and keeps the order written above.
  const bytes = Buffer.from(JSON.stringify(config));
  return bytesSource(describe(modelMediaTypes.config, bytes), bytes);
}
