import { z } from "zod";

export const EvalExportResult = z.object({
  kind: z.literal("eval-export"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  as: z.enum(["every-eval-ever", "model-index"]),
  exports: z.array(
    z.object({
      statements: z.array(z.string()).describe("digests of the statements that it was made from"),
      suite: z.string().describe("name@version; several with commas between"),
      file: z.string().optional().describe("where it was written, with --output"),
      content: z.string().describe("the JSON or YAML itself"),
    }),
  ),
  unverified: z.array(z.object({ statement: z.string(), reason: z.string() })).describe("left out, and why"),
});
export type EvalExportResult = z.infer<typeof EvalExportResult>;
