import { z } from "zod";

export const VerifyHistoryResult = z.object({
  kind: z.literal("verify-history"),
  schemaVersion: z.literal(1),
  name: z.string(),
  records: z.int().describe("verified records of the chain"),
  head: z.string().optional(),
  replayed: z
    .array(
      z.object({
        sequence: z.int(),
        digest: z.string(),
        version: z.string(),
        transition: z.string(),
        from: z.string(),
        to: z.string(),
        allowed: z.boolean().describe("whether the gates, judged again from what the record names, let it pass"),
        policyChanged: z.boolean().describe("decided under another policy file; the present one judges"),
        gates: z.array(z.object({ gate: z.string(), code: z.string(), passed: z.boolean(), reason: z.string() })),
      }),
    )
    .describe("records whose verdict was made again"),
  checkpoint: z
    .object({ sequence: z.int(), issuedAt: z.string(), signer: z.string() })
    .optional()
    .describe("the history continues what this checkpoint spoke of"),
});
export type VerifyHistoryResult = z.infer<typeof VerifyHistoryResult>;
