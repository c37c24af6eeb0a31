import type { CallOptions } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Verification, VerificationReport } from "../trust/verification.ts";
import { verifyStatements } from "../trust/verify.ts";
import type { ModelStore } from "./chain/read.ts";
import { memberByFingerprint, type Policy, policyTrust } from "./policy/policy.ts";
import type { ForeignStatement, MemberStatement } from "./situation.ts";

export interface CollectedStatements {
  readonly statements: readonly MemberStatement[];
  readonly foreign: readonly ForeignStatement[];
}

/** Gathers everything signed about a manifest, told apart by whether a key of the policy made the signature. */
export async function collectStatements(
  store: ModelStore,
  subject: Descriptor,
  policy: Policy,
  options?: CallOptions,
): Promise<CollectedStatements> {
  const report: VerificationReport = await verifyStatements(store, subject, policyTrust(policy), options);
  return {
    statements: report.verified.flatMap((verification) => memberStatement(policy, verification)),
    foreign: report.rejected.map(({ bundle, error }) => ({ digest: bundle.digest, reason: error.message })),
  };
}

/** Names the signer; empty for a key that the policy does not have, which verification has refused already. */
export function memberStatement(policy: Policy, verification: Verification): readonly MemberStatement[] {
  const { bundle, claimedTime, signer, statement } = verification;
  const member = memberByFingerprint(policy, signer.fingerprint);
  if (!member) return [];
  const { predicate, predicateType } = statement;
  const attachedAt = claimedTime === undefined ? {} : { attachedAt: claimedTime };
  return [{ digest: bundle.digest, member, predicateType, predicate, ...attachedAt }];
}
