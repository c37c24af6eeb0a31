import { z } from "zod";

const Entry = z.object({
  sequence: z.int(),
  digest: z.string().describe("digest of the record's manifest; the next record names it as its predecessor"),
  version: z.string(),
  model: z.string().describe("digest of the model manifest"),
  from: z.string(),
  to: z.string(),
  transition: z.string(),
  signer: z.string().describe("name in the policy"),
  person: z.string(),
  recordedAt: z.string(),
  approvals: z
    .array(
      z.object({ digest: z.string(), person: z.string().optional().describe("absent when it no longer verifies") }),
    )
    .describe("who approved, verified again now"),
  evidence: z.array(z.object({ predicateType: z.string(), digest: z.string() })),
  policy: z.object({ name: z.string(), version: z.int(), digest: z.string() }),
});

export const LogResult = z.object({
  kind: z.literal("log"),
  schemaVersion: z.literal(1),
  name: z.string(),
  entries: z.array(Entry).describe("verified records, oldest first"),
});
export type LogResult = z.infer<typeof LogResult>;
