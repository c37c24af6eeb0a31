import { z } from "zod";
import { RecordTimeView } from "./record-time.ts";

const Statement = z.object({
  gate: z.string(),
  digest: z.string(),
  signer: z.string().describe("name in the policy"),
  time: z.string().optional(),
});

const RecordView = z.object({
  sequence: z.int(),
  digest: z.string(),
  transition: z.string(),
  from: z.string(),
  to: z.string(),
  recordedAt: z.string().describe("by the signer's word; see time"),
  time: RecordTimeView,
  person: z.string(),
  reason: z.string().optional(),
});

const Judged = z.object({
  record: RecordView,
  policy: z.object({ name: z.string(), version: z.int(), digest: z.string(), changed: z.boolean() }),
  allowed: z.boolean().describe("whether the gates, judged again now, would let it pass"),
  gates: z.array(z.object({ gate: z.string(), code: z.string(), passed: z.boolean(), reason: z.string() })),
  evidence: z.array(Statement),
  approvals: z.array(z.object({ digest: z.string(), signer: z.string(), time: z.string().optional() })),
  verdict: z.string().describe("digest of the signed verification summary"),
});

const Answer = z.object({
  version: z.string(),
  digest: z.string(),
  reference: z.string().describe("pinned reference"),
  state: z.string(),
  slot: z.string().optional().describe("main, or another slot of production; absent when it serves nowhere"),
  weight: z.int().optional().describe("percent of the traffic"),
  since: z.string(),
  sunset: z.string().optional(),
  heldSince: z.string().optional().describe("legal hold"),
  judged: z.array(Judged).describe("the records it stands on, judged again"),
  history: z.array(RecordView),
});

export const WhyResult = z.object({
  kind: z.literal("why"),
  schemaVersion: z.literal(1),
  name: z.string(),
  answers: z.array(Answer),
  openBreakGlass: z.array(
    z.object({ version: z.string(), incident: z.string(), expiresAt: z.string(), followUpBy: z.string() }),
  ),
  head: z.object({ sequence: z.int(), digest: z.string(), recordedAt: z.string() }).optional(),
});
export type WhyResult = z.infer<typeof WhyResult>;
