import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Approval } from "../../evidence/predicates/approval.ts";
import { toContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { GraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { VerificationError } from "../../trust/errors.ts";
import { signStatement } from "../../trust/sign.ts";
import { signerIdentity } from "../../trust/signer.ts";
import { makeStatement } from "../../trust/statement.ts";
import { collectSituation, readStanding } from "../collect/collect.ts";
import { decide } from "../decision/decide.ts";
import type { Decision } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { durationMs, durationPattern } from "../duration.ts";
import { LifecycleError } from "../errors.ts";
import { namedKind } from "../gates/approvals.ts";
import { plainSignatures } from "../gates/signature.ts";
import { hasRole, memberByFingerprint, personsInRoles } from "../policy/policy.ts";
import type { ApprovalRule } from "../policy/schema.ts";
import { versionTag } from "../versions/tags.ts";
import type { ApproveRequest } from "./request.ts";

/** How long an approval counts unless the request says otherwise: a long weekend. */
const defaultValidity = "72h";

export interface ApprovalResult {
  /** The manifest that carries the signed approval. */
  readonly bundle: Descriptor;
  readonly from: string;
  readonly to: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** What the approver saw: the gates as they stood, before this approval. */
  readonly decision: Decision;
}

/**
 * Signs one person's consent to one move, bound to everything that was looked at: version, transition, policy, the
 * chain's head and the whole set of evidence. If any of them changes, the approval no longer counts.
 *
 * Gates that still fail do not prevent it: approvals and evidence may come in any order, as long as the approval is
 * last. What could never count is refused, so that nobody believes to have approved something.
 *
 * @throws {@link LifecycleError} `TRANSITION_UNKNOWN` when the policy has no such move, or one without approvals;
 * `POLICY_INVALID` when it is not the one that the model's history has used, or a later version of it.
 * @throws {@link VerificationError} `IDENTITY_MISMATCH` when the signer's approval could not count.
 */
export async function approve(
  store: GraphTarget & { readonly name: string },
  request: ApproveRequest,
): Promise<ApprovalResult> {
  const { clock, signal, signer, target } = request;
  const standing = await readStanding(store, request);
  const situation = await collectSituation(store, request, standing);
  const { rule } = situation;
  if (!rule.approvals) {
    throw new LifecycleError("TRANSITION_UNKNOWN", `the move from ${rule.from} to ${rule.to} takes no approval`);
  }
  checkApprover(situation, rule.approvals, signerIdentity(signer).fingerprint);
  const decision = decide(situation);
  // Nobody could ever move anything by it.
  const refused = decision.gates.find(({ gate, passed }) => gate === "policy" && !passed);
  if (refused) throw new LifecycleError("POLICY_INVALID", `${refused.reason}; ${refused.fix}`);
  const predicate = approvalOf(situation, decision, request);
  const statement = makeStatement({
    subject: target,
    name: situation.model,
    predicateType: predicateTypes.approval,
    predicate,
  });
  const bundle = await signStatement(store, target, statement, { signer, clock, signal });
  return { bundle, from: rule.from, to: rule.to, expiresAt: predicate.expiresAt, decision };
}

function approvalOf(situation: Situation, decision: Decision, request: ApproveRequest): Approval {
  const { head, model, now, policy, rule, version } = situation;
  const kind = namedKind(rule.kind);
  const validity = request.validFor ?? rule.approvals?.maxAge ?? defaultValidity;
  if (!durationPattern.test(validity)) {
    throw new RangeError(`an approval is valid for ${JSON.stringify(validity)}, expected a duration such as 24h`);
  }
  return Approval.parse({
    ...{ model, version: versionTag(version), from: rule.from, to: rule.to },
    ...(kind === "promote" ? {} : { kind }),
    policy: { digest: toContentDigest(policy.digest) },
    chainHead: head === null ? null : toContentDigest(head),
    evidenceSet: toContentDigest(decision.evidenceSet),
    decision: "approve",
    ...(request.comment === undefined ? {} : { comment: request.comment }),
    approvedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + durationMs(validity)).toISOString(),
  });
}

function checkApprover(
  situation: Situation,
  { distinctFrom, roles }: ApprovalRule,
  fingerprint: Parameters<typeof memberByFingerprint>[1],
): void {
  const { policy } = situation;
  const member = memberByFingerprint(policy, fingerprint);
  const who = personsInRoles(policy, roles).join(", ") || "nobody in this policy";
  const expected = `expected ${roles.join(" or ")}: ${who}`;
  if (!member) throw mismatch(`${fingerprint} is not in the policy, ${expected}`);
  if (!hasRole(member, roles))
    throw mismatch(`${member.name} is ${member.roles.join(", ") || "without a role"}, ${expected}`);
  const pushed = plainSignatures(situation).some((signature) => signature.member.person === member.person);
  if (pushed && distinctFrom.includes("pusher")) {
    throw mismatch(`${member.person} also signed the model, expected somebody else to approve it`);
  }
}

function mismatch(reason: string): VerificationError {
  return new VerificationError("IDENTITY_MISMATCH", reason);
}
