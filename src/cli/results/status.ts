import { z } from "zod";

const ModelView = z.object({
  name: z.string(),
  serving: z.string().optional().describe("version that production serves"),
  versions: z.array(
    z.object({
      version: z.string(),
      digest: z.string(),
      state: z.string(),
      since: z.string().optional().describe("absent for versions that no record speaks of"),
      by: z.string().optional().describe("person who signed the record"),
      isServing: z.boolean(),
    }),
  ),
  head: z.object({ sequence: z.int(), digest: z.string() }).optional().describe("newest record of the chain"),
  anomalies: z
    .array(
      z.object({
        kind: z.enum(["forged", "moved", "missing"]),
        tag: z.string(),
        digest: z.string().optional(),
        expected: z.string().optional(),
      }),
    )
    .describe("tags that the chain does not stand behind"),
});

export const StatusResult = z.object({
  kind: z.literal("status"),
  schemaVersion: z.literal(1),
  policy: z.object({ name: z.string(), version: z.int(), digest: z.string() }),
  weakened: z.array(z.string()),
  models: z.array(ModelView),
});
export type StatusResult = z.infer<typeof StatusResult>;
