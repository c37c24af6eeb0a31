import { z } from "zod";

export const ReconcileResult = z.object({
  kind: z.literal("reconcile"),
  schemaVersion: z.literal(1),
  name: z.string(),
  records: z.int().describe("verified records of the chain"),
  head: z.string().optional().describe("digest of the newest record"),
  written: z.array(z.string()).describe("tags that were missing"),
  conflicts: z
    .array(z.object({ tag: z.string(), expected: z.string() }))
    .describe("tags that something else has taken; they stay as they are"),
  forks: z
    .array(z.object({ sequence: z.int(), digest: z.string(), person: z.string() }))
    .describe("records that lost a race: signed, valid where they stand, and not in the chain"),
  heartbeat: z.string().optional().describe("digest of the statement that was signed about the head"),
  forgotten: z.boolean().optional().describe("what this user remembered of the head was forgotten before"),
});
export type ReconcileResult = z.infer<typeof ReconcileResult>;
