import type { Digest } from "../base/digest.ts";
import { arrayAt, objectAt, optionalAt, textAt } from "../base/shape.ts";
import { describe } from "../oci/descriptor.ts";
import { type BlobSource, bytesSource } from "../oci/source.ts";
import { modelMediaTypes } from "./media-types.ts";
import type { ModelInput } from "./model-input.ts";
import type { WeightsSummary } from "./weights/weights-summary.ts";

type Texts<Name extends string> = { readonly [name in Name]?: string };

/**
 * The config of a ModelPack artifact as readers meet it: other writers add keys, and leave out what they do not know.
 *
 * @see {@link https://github.com/modelpack/model-spec/blob/v0.0.7/docs/config.md}
 */
export interface ModelPackConfig {
  readonly descriptor?: Texts<(typeof descriptorTexts)[number]> & {
    readonly authors?: readonly string[];
    readonly licenses?: readonly string[];
    readonly [unknown: string]: unknown;
  };
  readonly config?: Texts<(typeof configTexts)[number]> & { readonly [unknown: string]: unknown };
  readonly modelfs?: {
    readonly type?: string;
    readonly diffIds?: readonly string[];
    readonly [unknown: string]: unknown;
  };
  readonly [unknown: string]: unknown;
}

const descriptorTexts = [
  "createdAt",
  "family",
  "name",
  "version",
  "sourceURL",
  "revision",
  "title",
  "description",
] as const;
const configTexts = ["architecture", "format", "paramSize", "precision", "quantization"] as const;

/** Reads a config that somebody wrote. @throws TypeError that says what is not as the specification has it. */
export function modelPackConfigAt(value: unknown, at: string): ModelPackConfig {
  const fields = objectAt(value, at);
  checkPart(fields, "descriptor", descriptorTexts, ["authors", "licenses"]);
  checkPart(fields, "config", configTexts, []);
  checkPart(fields, "modelfs", ["type"], ["diffIds"]);
  return fields;
}

function checkPart(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  texts: readonly string[],
  lists: readonly string[],
): void {
  const part = optionalAt(fields[name], name, objectAt) ?? {};
  for (const text of texts) optionalAt(part[text], `${name}.${text}`, textAt);
  for (const list of lists) optionalAt(part[list], `${name}.${list}`, (value, at) => arrayAt(value, at, textAt));
}

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
  } satisfies { [part in "config" | "descriptor" | "modelfs"]: unknown };
  // JSON.stringify leaves out what is undefined and keeps the order written above.
  const bytes = Buffer.from(JSON.stringify(config));
  return bytesSource(describe(modelMediaTypes.config, bytes), bytes);
}
