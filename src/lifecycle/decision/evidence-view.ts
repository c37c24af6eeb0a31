import type { Digest } from "../../base/digest.ts";
import { evidenceSetDigest } from "../../evidence/evidence-set.ts";
import { predicateTypes } from "../../evidence/predicate-types.ts";
import { signPredicateType } from "../../trust/sign.ts";
import { hasRole, type Policy } from "../policy/policy.ts";
import type { EvidenceRule } from "../policy/schema.ts";
import type { MemberStatement } from "./situation.ts";

/**
 * The statements that some rule of the policy would believe: what approvals and records bind.
 *
 * Left out are the steps of the move itself (approvals, verdicts, records), which come after the evidence was looked
 * at, and whatever a member says about things that are not theirs to say, or that no rule asks for.
 *
 * @param recorded - what an earlier record of the version names: it stays part of the set, whoever has left since.
 */
export function trustedEvidence(
  policy: Policy,
  statements: readonly MemberStatement[],
  recorded: ReadonlySet<Digest> = new Set(),
): readonly MemberStatement[] {
  return statements.filter((statement) => recorded.has(statement.digest) || isBelievable(policy, statement));
}

/** Digests of {@link trustedEvidence}, sorted, and the one digest that names them all. */
export function evidenceSet(
  policy: Policy,
  statements: readonly MemberStatement[],
  recorded?: ReadonlySet<Digest>,
): { readonly digests: readonly Digest[]; readonly digest: Digest } {
  const digests = [...new Set(trustedEvidence(policy, statements, recorded).map(({ digest }) => digest))].sort();
  return { digests, digest: evidenceSetDigest(digests) };
}

/** The predicate type a rule of evidence is about. */
export function predicateTypeOf(rule: EvidenceRule): string {
  if ("document" in rule) return predicateTypes.document;
  switch (rule.predicate) {
    case "model-card":
      return predicateTypes.card;
    case "lineage":
      return predicateTypes.lineage;
    case "eval":
      return predicateTypes.eval;
    case "scan":
      return predicateTypes.scan;
    case "consumers":
      return predicateTypes.consumers;
    case "monitoring":
      return predicateTypes.monitoring;
    case "statement":
      return rule.type;
  }
}

function isBelievable(policy: Policy, { member, predicateType }: MemberStatement): boolean {
  if (predicateType === signPredicateType) return member.roles.length > 0;
  if (predicateType === predicateTypes.exception) {
    return policy.exceptions !== undefined && hasRole(member, policy.exceptions.signedBy);
  }
  if (predicateType === predicateTypes["eval-plan"]) {
    return [...policy.evidence.values()].some((rule) => hasRole(member, plannersOf(rule)));
  }
  return [...policy.evidence.values()].some((rule) => {
    if (predicateTypeOf(rule) !== predicateType) return false;
    return rule.signedBy ? hasRole(member, rule.signedBy) : member.roles.length > 0;
  });
}

function plannersOf(rule: EvidenceRule): readonly string[] {
  return "predicate" in rule && rule.predicate === "eval" ? (rule.preRegistered?.signedBy ?? []) : [];
}
