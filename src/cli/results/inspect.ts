import { z } from "zod";

const WeightsView = z.object({
  path: z.string(),
  format: z.string().optional(),
  tensors: z.int().optional(),
  parameters: z.number().optional(),
  dtypes: z.record(z.string(), z.number()).optional().describe("elements by type"),
  problem: z.string().optional().describe("why the header must not be believed"),
});

export const InspectResult = z.object({
  kind: z.literal("inspect"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  digest: z.string(),
  artifactType: z.string().optional(),
  format: z.enum(["modelpack", "oras"]),
  annotations: z.record(z.string(), z.string()),
  config: z.record(z.string(), z.unknown()).optional().describe("the ModelPack config, as it is stored"),
  files: z.array(
    z.object({ path: z.string(), kind: z.string(), mediaType: z.string(), digest: z.string(), size: z.int() }),
  ),
  weights: z.array(WeightsView).describe("read from the files' headers by range; not verified"),
  totalBytes: z.int(),
  hasTokenizer: z.boolean(),
  hasChatTemplate: z.boolean(),
});
export type InspectResult = z.infer<typeof InspectResult>;
