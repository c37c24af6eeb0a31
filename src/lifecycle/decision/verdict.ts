import { predicateTypes } from "../../evidence/predicate-types.ts";
import { toContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { VerificationSummary } from "../../evidence/predicates/verification-summary.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { makeStatement, type Statement } from "../../trust/statement.ts";
import type { RecordedInputs } from "../moves/record-inputs.ts";
import type { Decision } from "./decision.ts";

/** Who says so, in verification summaries: verifiers match it together with the signer. */
export const verifierId = "https://mreg.dev/verifier/v1";

/** The level a summary states: `MREG_GATE_PRODUCTION`. */
export function gateLevel(state: string): string {
  return `MREG_GATE_${state.toUpperCase()}`;
}

/** What was judged, in a form that survives copies to other registries: `models:/risk/4`. */
export function resourceUri(model: string, version: number): string {
  return `models:/${model}/${version}`;
}

/**
 * Writes a decision as an SLSA verification summary, so that other verifiers than mreg can rely on it.
 *
 * It names every statement that was looked at, as the specification demands of summaries that name any.
 *
 * @see {@link https://slsa.dev/spec/v1.0/verification_summary}
 */
export function verdictStatement(
  subject: Descriptor,
  decision: Decision,
  inputs: RecordedInputs,
  tool: string,
): Statement {
  const { model, version, policy, to, decidedAt, approvals } = decision;
  const attestations = [...inputs.evidence, ...inputs.baseline].map(({ digest }) => digest);
  const summary: VerificationSummary = {
    verifier: { id: verifierId, version: { mreg: tool } },
    timeVerified: decidedAt,
    resourceUri: resourceUri(model, version),
    policy: { name: `${policy.name}@${policy.version}`, digest: { ...toContentDigest(policy.digest) } },
    inputAttestations: [...attestations, ...approvals.map(toContentDigest)].map((digest) => ({
      digest: { ...digest },
    })),
    verificationResult: "PASSED",
    verifiedLevels: [gateLevel(to)],
    slsaVersion: "1.0",
  };
  return makeStatement({ subject, name: model, predicateType: predicateTypes.verdict, predicate: summary });
}
