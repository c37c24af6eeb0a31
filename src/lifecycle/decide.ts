import type { Decision, GateResult } from "./decision.ts";
import { evidenceSet } from "./evidence-view.ts";
import { approvalsGate, countedApprovals } from "./gates/approvals.ts";
import { authorizeGate } from "./gates/authorize.ts";
import { judgeGate } from "./gates/catalog.ts";
import { soakGate } from "./gates/history.ts";
import { memberByFingerprint } from "./policy/policy.ts";
import type { Situation } from "./situation.ts";

/**
 * Decides whether a version may move. Pure: the same situation gives the same decision, on any machine.
 *
 * Every gate is judged, also after one has said no, so that whoever reads the decision sees all that is missing. There
 * is no state in which nothing is demanded: the requester is always judged.
 */
export function decide(situation: Situation): Decision {
  const { policy, rule, model, version, digest, now } = situation;
  const required = rule.requires.map((gate) => ({ gate, results: judgeGate(situation, gate) }));
  const evaluators = evaluatorsIn(situation, required);
  const gates = [
    ...required.flatMap(({ results }) => results),
    ...(rule.soak ? [soakGate(situation, rule.soak)] : []),
    ...(rule.approvals ? [approvalsGate(situation, rule.approvals, evaluators)] : []),
    authorizeGate(situation),
  ];
  const approvals = rule.approvals ? countedApprovals(situation, rule.approvals, evaluators) : [];
  const evidence = evidenceSet(policy, situation.statements);
  const requester = situation.requester && memberByFingerprint(policy, situation.requester);
  return {
    ...{ model, version, digest, from: rule.from, to: rule.to, kind: rule.kind },
    policy: { name: policy.name, version: policy.version, digest: policy.digest },
    weakened: policy.weakened,
    allowed: gates.every(({ passed }) => passed),
    gates,
    evidence: evidence.digests,
    evidenceSet: evidence.digest,
    approvals: approvals.map((statement) => statement.digest),
    ...(requester ? { requester: { name: requester.name, person: requester.person, roles: requester.roles } } : {}),
    decidedAt: now.toISOString(),
  };
}

/** Persons who signed an evaluation of this version that one of its gates looked at, whatever the gate said. */
function evaluatorsIn(
  { policy, statements }: Situation,
  required: readonly { gate: string; results: readonly GateResult[] }[],
): readonly string[] {
  const used = required
    .filter(({ gate }) => isEvalRule(policy.evidence.get(gate)))
    .flatMap(({ results }) => results.flatMap(({ evidence }) => evidence.map((reference) => reference.digest)));
  return statements.filter((statement) => used.includes(statement.digest)).map(({ member }) => member.person);
}

function isEvalRule(rule: ReturnType<Situation["policy"]["evidence"]["get"]>): boolean {
  return rule !== undefined && "predicate" in rule && rule.predicate === "eval";
}
