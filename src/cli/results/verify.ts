import { z } from "zod";
import { RecordTimeView } from "./record-time.ts";

const StatementView = z.object({
  predicateType: z.string(),
  signer: z.string().describe("fingerprint of the key, or of issuer and identity together"),
  identity: z.string().optional().describe("whom the certificate names; absent for keys"),
  issuer: z.string().optional().describe("identity provider that vouched for it"),
  name: z.string().optional().describe("what the policy calls the key or identity"),
  person: z.string().optional(),
  bundle: z.string().describe("digest of the manifest that carries it"),
  claimedTime: z.string().optional().describe("not proven: a key signature alone proves no time"),
  legacy: z
    .object({
      kind: z.enum(["signature", "attestation"]),
      found: z.enum(["tag", "referrer"]),
      layer: z.string().describe("digest of the layer that it is"),
      identity: z.string().optional().describe("the name it was signed for; signed, not compared"),
    })
    .optional()
    .describe("how it was found, when it is no bundle but of a kind before"),
  provenTime: z.string().optional().describe("the signature existed then; the earliest of times"),
  times: z
    .array(
      z.object({
        time: z.string(),
        source: z.enum(["timestamp-authority", "transparency-log"]),
        authority: z.string().describe("URL, from the trusted root"),
      }),
    )
    .optional(),
  logEntries: z
    .array(
      z.object({
        log: z.string().describe("URL, from the trusted root"),
        logId: z.string(),
        index: z.string(),
        kind: z.string(),
      }),
    )
    .optional(),
  trustedRoot: z.string().optional().describe("digest of the root that all this was verified against"),
});

export const VerifyResult = z.object({
  kind: z.literal("verify"),
  schemaVersion: z.literal(1),
  reference: z.string().describe("pinned reference"),
  digest: z.string(),
  verified: z.array(StatementView),
  rejected: z.array(z.object({ bundle: z.string(), code: z.string(), reason: z.string() })),
  state: z
    .object({
      state: z.string(),
      since: z.string().describe("by the signer's word; see time"),
      time: RecordTimeView,
      record: z.int().describe("number of the record that says so"),
      by: z.string(),
      policyChanged: z.boolean().describe("the record was decided under another version of the policy"),
    })
    .optional(),
});
export type VerifyResult = z.infer<typeof VerifyResult>;
