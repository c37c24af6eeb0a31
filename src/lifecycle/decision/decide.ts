import { predicateTypes } from "../../evidence/predicate-types.ts";
import { approvalsGate, countedApprovals, involvedPersons } from "../gates/approvals.ts";
import { authorizeGate } from "../gates/authorize.ts";
import { judgeGate } from "../gates/catalog.ts";
import { soakGate } from "../gates/history.ts";
import { namingGate } from "../gates/naming.ts";
import { policyGate } from "../gates/policy.ts";
import { recordedBefore, recordedGate } from "../gates/recorded.ts";
import { appliedTiers } from "../gates/tiers.ts";
import { waive } from "../gates/waive.ts";
import { memberByFingerprint } from "../policy/policy.ts";
import { circumstanceGates } from "./circumstances.ts";
import { type Decision, denies, type GateResult } from "./decision.ts";
import { evidenceSet } from "./evidence-view.ts";
import type { Situation } from "./situation.ts";

/**
 * Decides whether a version may move. Pure: the same situation gives the same decision, on any machine.
 *
 * Every gate is judged, also after one has said no, so that whoever reads the decision sees all that is missing. There
 * is no state in which nothing is demanded: the requester is always judged.
 */
export function decide(situation: Situation): Decision {
  const { policy, rule, model, version, digest, now } = situation;
  const tiers = appliedTiers(situation);
  const names = [...new Set([...rule.requires, ...tiers.flatMap(({ tier }) => tier.requires)])];
  const required = names.map((gate) => ({ gate, results: judgeGate(situation, gate) }));
  const evaluators = evaluatorsIn(situation, required);
  const soaks = named(
    "soak",
    rule.soak,
    tiers.map(({ index, tier }) => ({ index, rule: tier.soak })),
  );
  const approvals = named(
    "approvals",
    rule.approvals,
    tiers.map(({ index, tier }) => ({ index, rule: tier.approvals })),
  ).map((demand) => ({ ...demand, evaluators }));
  const involved = new Set(Object.values(involvedPersons(situation, evaluators)).flatMap((persons) => [...persons]));
  const judged = [
    ...namingGate(situation),
    ...required.flatMap(({ results }) => results),
    ...soaks.map((soak) => soakGate(situation, soak.rule, soak.gate)),
    ...approvals.map((input) => approvalsGate(situation, input)),
  ];
  // What follows from the history and from who asks is judged by readers of the chain, too: no waiver makes it valid.
  const gates = [
    ...policyGate(situation),
    ...recordedGate(situation),
    ...judged.map((result) => waive(situation, result, involved)),
    ...circumstanceGates(situation),
    authorizeGate(situation),
  ];
  const counted = approvals.flatMap((input) => countedApprovals(situation, input).map((statement) => statement.digest));
  const evidence = evidenceSet(policy, situation.statements, recordedBefore(situation));
  const requester = situation.requester && memberByFingerprint(policy, situation.requester);
  return {
    ...{ model, version, digest, from: rule.from, to: rule.to, kind: rule.kind },
    policy: { name: policy.name, version: policy.version, digest: policy.digest },
    weakened: policy.weakened,
    allowed: !gates.some(denies),
    gates,
    evidence: evidence.digests,
    evidenceSet: evidence.digest,
    approvals: [...new Set(counted)],
    ...(requester ? { requester: { name: requester.name, person: requester.person, roles: requester.roles } } : {}),
    decidedAt: now.toISOString(),
  };
}

/** One demand of the transition and its tiers, each under a name of its own: `soak`, `soak.tier1`. */
function named<Rule>(
  gate: string,
  own: Rule | undefined,
  tiers: readonly { readonly index: number; readonly rule: Rule | undefined }[],
): readonly { readonly gate: string; readonly rule: Rule }[] {
  const all = [{ gate, rule: own }, ...tiers.map(({ index, rule }) => ({ gate: `${gate}.tier${index}`, rule }))];
  return all.flatMap(({ gate: name, rule }) => (rule === undefined ? [] : [{ gate: name, rule }]));
}

/** Persons who signed an evaluation of this version that a gate looked at, whatever the gate said. */
function evaluatorsIn(
  { statements }: Situation,
  required: readonly { readonly results: readonly GateResult[] }[],
): readonly string[] {
  const used = required.flatMap(({ results }) =>
    results.flatMap(({ evidence }) => evidence.map((reference) => reference.digest)),
  );
  // Gates look at plans and lineage, too, whose signers evaluated nothing.
  return statements
    .filter(({ digest, predicateType }) => used.includes(digest) && predicateType === predicateTypes.eval)
    .map(({ member }) => member.person);
}
