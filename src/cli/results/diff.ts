import { z } from "zod";

const FileSide = z.object({ path: z.string(), digest: z.string(), size: z.int().describe("bytes") });

const TensorSide = z.object({ path: z.string(), dtype: z.string(), shape: z.array(z.int()) });

const Field = z.object({
  field: z.string().describe("names from the outside in, joined with dots"),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});

export const DiffResult = z.object({
  kind: z.literal("diff"),
  schemaVersion: z.literal(1),
  before: z.string().describe("pinned reference"),
  after: z.string().describe("pinned reference"),
  isSame: z.boolean().describe("both references name one manifest"),
  files: z
    .array(
      z.object({
        change: z.enum(["added", "removed", "changed", "moved"]),
        before: FileSide.optional(),
        after: FileSide.optional(),
      }),
    )
    .describe("files that differ"),
  sameFiles: z.int().describe("files that are the same under the same path"),
  config: z.array(Field),
  annotations: z.array(Field),
  settings: z
    .array(Field.extend({ path: z.string() }))
    .describe("fields of configurations in JSON, and of what weights say of themselves"),
  tensors: z.object({
    same: z.int().describe("tensors that are the same, in weights files that differ"),
    differences: z.array(
      z.object({
        name: z.string(),
        change: z
          .enum(["added", "removed", "reshaped", "changed", "unknown"])
          .describe("unknown: type and shape are the same; no index of both versions tells whether the content is"),
        before: TensorSide.optional(),
        after: TensorSide.optional(),
      }),
    ),
  }),
  evidence: z
    .array(z.object({ kind: z.string(), before: z.int(), after: z.int() }))
    .describe("what is attached, as the registry lists it; not verified"),
  problems: z.array(z.string()).describe("what could not be compared, and why"),
});
export type DiffResult = z.infer<typeof DiffResult>;
