import { z } from "zod";
import { RecordTimeView } from "./record-time.ts";

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
  recordedAt: z.string().describe("by the signer's word; see time"),
  time: RecordTimeView,
  omits: z
    .array(z.string())
    .optional()
    .describe("what the record by its own word lacks of what the policy asks of such a move; a replay tells the rest"),
  reason: z.string().optional(),
  successor: z.string().optional(),
  sunset: z.string().optional(),
  slot: z.string().optional(),
  weight: z.int().optional(),
  breakGlass: z.object({ incident: z.string(), expiresAt: z.string(), followUpBy: z.string() }).optional(),
  compromisedSince: z.string().optional(),
  ciRun: z.string().optional(),
  tool: z.string(),
  verdict: z.string().describe("digest of the signed verification summary"),
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
  checkpoint: z.string().optional().describe("file that a signed checkpoint was written to"),
  entries: z.array(Entry).describe("verified records, oldest first"),
});
export type LogResult = z.infer<typeof LogResult>;
