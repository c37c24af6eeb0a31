import { z } from "zod";
import { RecordTimeView } from "./record-time.ts";

const ModelView = z.object({
  name: z.string(),
  serving: z.string().optional().describe("version that production serves"),
  versions: z.array(
    z.object({
      version: z.string(),
      digest: z.string(),
      state: z.string(),
      since: z.string().optional().describe("absent for versions that no record speaks of; by the signer's word"),
      time: RecordTimeView.optional().describe("how far since is proven"),
      by: z.string().optional().describe("person who signed the record"),
      isServing: z.boolean().describe("in the main slot of production"),
      sunset: z.string().optional().describe("when a retired version stops being served"),
      heldSince: z.string().optional().describe("legal hold"),
    }),
  ),
  slots: z
    .array(z.object({ slot: z.string(), version: z.string(), digest: z.string(), weight: z.int().optional() }))
    .optional()
    .describe("what production serves beside its main version"),
  openBreakGlass: z
    .array(z.object({ version: z.string(), incident: z.string(), expiresAt: z.string(), followUpBy: z.string() }))
    .optional()
    .describe("emergency moves that nobody has followed up yet"),
  head: z.object({ sequence: z.int(), digest: z.string() }).optional().describe("newest record of the chain"),
  omissions: z
    .array(z.object({ record: z.int(), version: z.string(), transition: z.string(), omits: z.array(z.string()) }))
    .describe("records in force that by their own word lack what the policy asks of them; `why` judges them in full"),
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
  at: z.string().optional().describe("the past moment that was asked about"),
  models: z.array(ModelView),
});
export type StatusResult = z.infer<typeof StatusResult>;
