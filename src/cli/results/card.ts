import { z } from "zod";

export const CardInitResult = z.object({
  kind: z.literal("card-init"),
  schemaVersion: z.literal(1),
  file: z.string().describe("path of the card that was written"),
  source: z.string().optional().describe("directory or pinned reference whose weights filled it in"),
  toFill: z.array(z.string()).describe("core fields that still say nothing"),
});
export type CardInitResult = z.infer<typeof CardInitResult>;

export const CardLintResult = z.object({
  kind: z.literal("card-lint"),
  schemaVersion: z.literal(1),
  file: z.string(),
  format: z.enum(["hf-readme", "mreg-json", "mct", "cyclonedx"]),
  score: z.object({ filled: z.int(), of: z.int() }).describe("core fields"),
  fields: z.array(
    z.object({
      field: z.string(),
      status: z.enum(["filled", "missing", "placeholder", "invalid"]),
      required: z.boolean(),
      line: z.int().optional().describe("where it stands in the file, counted from 1"),
      message: z.string().optional(),
    }),
  ),
});
export type CardLintResult = z.infer<typeof CardLintResult>;
