import { z } from "zod";

export const SbomResult = z.object({
  kind: z.literal("sbom"),
  schemaVersion: z.literal(1),
  reference: z.string(),
  digest: z.string(),
  as: z.enum(["cyclonedx", "spdx"]),
  statements: z.int().describe("verified statements that it rests on"),
  file: z.string().optional().describe("where it was written"),
  document: z
    .record(z.string(), z.json())
    .optional()
    .describe("the bill of materials, unless it was written to a file"),
});
export type SbomResult = z.infer<typeof SbomResult>;
