import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Approval } from "../../evidence/predicates/approval.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { GateResult } from "../decision/decision.ts";
import { evidenceSet } from "../decision/evidence-view.ts";
import type { MemberStatement, Situation } from "../decision/situation.ts";
import { durationMs } from "../duration.ts";
import { hasRole, memberByFingerprint, personsInRoles } from "../policy/policy.ts";
import { askedByName } from "../policy/references.ts";
import type { ApprovalRule, TransitionKind } from "../policy/schema.ts";
import { versionTag } from "../versions/tags.ts";
import { recordedBefore } from "./recorded.ts";
import { commandTarget, deny, pass, reference } from "./result.ts";
import { clockSkewMs, strangers } from "./selection.ts";
import { plainSignatures } from "./signature.ts";

/** What is to be judged, and under which name: each tier has approvals of its own. */
export interface ApprovalInput {
  readonly gate: string;
  readonly rule: ApprovalRule;
  /** Persons whose evaluations the other gates used. */
  readonly evaluators: readonly string[];
}

/** Who must not approve, because they have a part in what is approved. */
type Part = ApprovalRule["distinctFrom"][number];

/** An approval, and why it does not count; no reason when it does. */
interface JudgedApproval {
  readonly statement: MemberStatement;
  readonly time?: string;
  readonly refusal?: string;
}

/**
 * Enough different persons of the right roles have approved exactly this move, on exactly this evidence.
 */
export function approvalsGate(situation: Situation, { gate, rule, evaluators }: ApprovalInput): GateResult {
  const involved = involvedPersons(situation, evaluators);
  const judged = situation.statements
    .filter(({ predicateType }) => predicateType === predicateTypes.approval)
    .map((statement) => judgeApproval(situation, rule, { statement, involved }));
  const counted = judged.filter(({ refusal }) => refusal === undefined);
  const persons = [...new Set(counted.map(({ statement }) => statement.member.person))];
  const roles = rule.roles.join(" or ");
  const absent = (rule.each ?? []).filter(
    (role) => !counted.some(({ statement }) => hasRole(statement.member, [role])),
  );
  const isEnough = persons.length >= rule.count && absent.length === 0;
  const evidence = (isEnough ? counted : judged).map(({ statement, time }) => reference(statement, time));
  if (isEnough) return pass(gate, `${persons.join(", ")} (${roles})`, evidence);
  const refusals = judged.flatMap(({ statement, refusal }) =>
    refusal ? [`${statement.member.person} ${refusal}`] : [],
  );
  const barred = new Set(rule.distinctFrom.flatMap((part) => [...involved[part]]));
  const who = personsInRoles(situation.policy, rule.roles).filter(
    (person) => !barred.has(person) && !persons.includes(person),
  );
  const lacking = absent.length > 0 ? `, none by ${absent.join(" and ")}` : "";
  const why = refusals.length > 0 ? `: ${[...new Set(refusals)].join("; ")}` : "";
  return deny(
    gate,
    "approvalsMissing",
    `${persons.length} of ${rule.count} (${roles})${lacking}${why}${strangers(situation)}`,
    {
      ...{ evidence, who, fix: approveCommand(situation) },
    },
  );
}

/** Digests of the approvals that {@link approvalsGate} counts. */
export function countedApprovals(
  situation: Situation,
  { rule, evaluators }: ApprovalInput,
): readonly MemberStatement[] {
  const involved = involvedPersons(situation, evaluators);
  return situation.statements
    .filter(({ predicateType }) => predicateType === predicateTypes.approval)
    .filter((statement) => judgeApproval(situation, rule, { statement, involved }).refusal === undefined);
}

/** Persons who had a part in what is decided. */
export function involvedPersons(
  situation: Situation,
  evaluators: readonly string[],
): Record<Part, ReadonlySet<string>> {
  const requester = situation.requester && memberByFingerprint(situation.policy, situation.requester);
  return {
    pusher: new Set(plainSignatures(situation).map(({ member }) => member.person)),
    evaluator: new Set(evaluators),
    requester: new Set(requester ? [requester.person] : []),
  };
}

function judgeApproval(
  situation: Situation,
  rule: ApprovalRule,
  { statement, involved }: { statement: MemberStatement; involved: Record<Part, ReadonlySet<string>> },
): JudgedApproval {
  const parsed = Approval.safeParse(statement.predicate);
  if (!parsed.success) return { statement, refusal: "signed an approval that cannot be read" };
  const approval = parsed.data;
  const { member } = statement;
  const part = rule.distinctFrom.find((one) => involved[one].has(member.person));
  const refusal =
    (hasRole(member, rule.roles) ? undefined : "approved, but has none of the roles") ??
    (part ? `approved, but ${partWords[part]}` : undefined) ??
    brokenBinding(situation, approval) ??
    expiry(situation, rule, approval);
  return { statement, time: approval.approvedAt, ...(refusal === undefined ? {} : { refusal }) };
}

const partWords: Readonly<Record<Part, string>> = {
  pusher: "also signed the model",
  evaluator: "also signed the evaluation",
  requester: "also asks for the move",
};

/**
 * Every binding is there against one replay (attack T4 in test/conformance/attacks/); the first broken one is named.
 */
function brokenBinding(situation: Situation, approval: Approval): string | undefined {
  const { policy, statements, model, version, rule, head } = situation;
  const bindings: readonly (readonly [what: string, found: string | null, expected: string | null])[] = [
    ["model", approval.model, model],
    ["version", approval.version, versionTag(version)],
    ["from", approval.from, rule.from],
    ["to", approval.to, rule.to],
    ["kind of move", approval.kind ?? "promote", namedKind(rule.kind)],
    ["policy", fromContentDigest(approval.policy.digest), situation.boundPolicy ?? policy.digest],
    ["chain head", approval.chainHead && fromContentDigest(approval.chainHead), head],
    [
      "evidence",
      fromContentDigest(approval.evidenceSet),
      situation.boundEvidence ?? evidenceSet(policy, statements, recordedBefore(situation)).digest,
    ],
  ];
  const broken = bindings.find(([, found, expected]) => found !== expected);
  if (!broken) return undefined;
  const [what, found, expected] = broken;
  return `approved for another ${what} (${found ?? "none"}, expected ${expected ?? "none"})`;
}

function approveCommand(situation: Situation): string {
  const { kind, to } = situation.rule;
  const asked = askedByName.includes(kind) ? ` --kind ${kind}` : "";
  return `mreg approve ${commandTarget(situation)} --to ${to}${asked}`;
}

/** Kinds that approvals name; the others are told apart by where the move leads. */
export function namedKind(kind: TransitionKind): TransitionKind {
  return askedByName.includes(kind) && kind !== "rollback" ? kind : "promote";
}

function expiry({ now }: Situation, { maxAge }: ApprovalRule, approval: Approval): string | undefined {
  const age = now.getTime() - Date.parse(approval.approvedAt);
  if (age < -clockSkewMs) return `approved at ${approval.approvedAt}, which is in the future`;
  if (Date.parse(approval.expiresAt) <= now.getTime()) return `approved until ${approval.expiresAt}, which is over`;
  if (maxAge !== undefined && age > durationMs(maxAge))
    return `approved at ${approval.approvedAt}, more than ${maxAge} ago`;
  return undefined;
}
