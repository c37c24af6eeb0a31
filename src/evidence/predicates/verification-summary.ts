import { z } from "zod";
import { DigestSet } from "./digest-set.ts";
import { ForeignTimestamp, ResourceDescriptor } from "./resource.ts";

/**
 * The verdict of a gate, `https://slsa.dev/verification_summary/v1`.
 *
 * Verifiers must match `resourceUri` and the pair of signer and `verifier.id`; `inputAttestations`, when there, names
 * every statement that was used. Open about unknown fields, as the specification demands.
 *
 * @see {@link https://slsa.dev/spec/v1.0/verification_summary}
 */
export const VerificationSummary = z.looseObject({
  verifier: z.looseObject({ id: z.string().min(1), version: z.record(z.string(), z.string()).optional() }),
  timeVerified: ForeignTimestamp,
  resourceUri: z.string().min(1),
  policy: ResourceDescriptor,
  inputAttestations: z.array(z.looseObject({ uri: z.string().optional(), digest: DigestSet })).optional(),
  verificationResult: z.enum(["PASSED", "FAILED"]),
  /** Such as `MREG_GATE_PRODUCTION`; names that start with `SLSA_` are the specification's own. */
  verifiedLevels: z.array(z.string().min(1)),
});
export type VerificationSummary = Readonly<z.infer<typeof VerificationSummary>>;
