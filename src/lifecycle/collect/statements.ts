import type { Digest } from "../../base/digest.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { CallOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Verification, VerificationReport } from "../../trust/verification.ts";
import { verifyStatements } from "../../trust/verify.ts";
import type { Chain } from "../chain/fold.ts";
import type { ModelStore } from "../chain/read.ts";
import type { ForeignStatement, MemberStatement } from "../decision/situation.ts";
import { memberByFingerprint, type Policy, policyTrust } from "../policy/policy.ts";

export interface CollectedStatements {
  readonly statements: readonly MemberStatement[];
  readonly foreign: readonly ForeignStatement[];
}

/**
 * Gathers everything signed about a manifest, told apart by whether a key of the policy made the signature.
 *
 * The chain's own records and their verdicts, known by digest, are not read again: no gate looks at them, and a version
 * that was rolled back to a thousand times would have thousands.
 */
export async function collectStatements(
  store: ModelStore,
  subject: Descriptor,
  { links, policy }: Pick<Chain, "links" | "policy">,
  options?: CallOptions,
): Promise<CollectedStatements> {
  const known = new Set(links.flatMap(({ bundle, record }) => [bundle.digest, fromContentDigest(record.verdict)]));
  const report: VerificationReport = await verifyStatements(
    withoutReferrers(store, known),
    subject,
    policyTrust(policy),
    options,
  );
  return {
    statements: report.verified.flatMap((verification) => memberStatement(policy, verification)),
    foreign: report.rejected.map(({ bundle, error }) => ({ digest: bundle.digest, reason: error.message })),
  };
}

function withoutReferrers(store: ModelStore, known: ReadonlySet<Digest>): ModelStore {
  return {
    name: store.name,
    fetch: (target, options) => store.fetch(target, options),
    fetchRange: (target, range, options) => store.fetchRange(target, range, options),
    exists: (target, options) => store.exists(target, options),
    resolve: (reference, options) => store.resolve(reference, options),
    tags: (options) => store.tags(options),
    async *referrers(target, options) {
      for await (const referrer of store.referrers(target, options)) if (!known.has(referrer.digest)) yield referrer;
    },
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
