import { z } from "zod";

const GateView = z.object({
  gate: z.string(),
  code: z.string().describe("stable; MREG-OK exactly when the gate passed"),
  passed: z.boolean(),
  reason: z.string(),
  evidence: z.array(z.object({ digest: z.string(), signer: z.string(), time: z.string().optional() })),
  fix: z.string().optional(),
  who: z.array(z.string()).optional(),
  parts: z.array(z.string()).optional().describe("gates that could not be judged because this one failed"),
  waiver: z
    .object({
      by: z.enum(["audit", "effective-on", "exception"]),
      reason: z.string(),
      until: z.string().optional(),
      evidence: z.object({ digest: z.string(), signer: z.string(), time: z.string().optional() }).optional(),
    })
    .optional()
    .describe("why the failure does not deny"),
});

/** A decision as JSON shows it; the gates of a denial and of a pass alike. */
export const DecisionView = z.object({
  model: z.string(),
  version: z.string(),
  digest: z.string(),
  from: z.string(),
  to: z.string(),
  transition: z.string(),
  policy: z.object({ name: z.string(), version: z.int(), digest: z.string() }),
  weakened: z.array(z.string()).describe("demands of the invariant that the policy drops, in words"),
  allowed: z.boolean(),
  gates: z.array(GateView),
  evidence: z.array(z.string()).describe("digests of all trusted evidence, sorted"),
  approvals: z.array(z.string()),
  requester: z.object({ name: z.string(), person: z.string(), roles: z.array(z.string()) }).optional(),
  decidedAt: z.string(),
});
export type DecisionView = z.infer<typeof DecisionView>;
