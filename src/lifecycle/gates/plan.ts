import type { z } from "zod";
import { predicateTypes } from "../../evidence/predicate-types.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { Eval } from "../../evidence/predicates/eval.ts";
import { EvalPlan, planDepartures } from "../../evidence/predicates/eval-plan.ts";
import type { EvidenceReference, GateResult, gateCodes } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { durationMs } from "../duration.ts";
import { hasRole } from "../policy/policy.ts";
import type { PreRegisteredRule } from "../policy/schema.ts";
import type { EvalInput } from "./eval-input.ts";
import { commandTarget, deny, pass, reference, whoMaySign } from "./result.ts";
import { references } from "./selection.ts";

interface Finding {
  readonly code: keyof typeof gateCodes;
  readonly reason: string;
}

/**
 * The evaluation names a plan that somebody who may plan signed before it ran, and holds to it.
 *
 * When a plan was made is its signer's word, as all times here are; that word was given before the result existed only
 * if the signer is somebody else than the evaluator, which `signedBy` is for.
 */
export function planGate(situation: Situation, { gate, rule, candidates }: EvalInput): readonly GateResult[] {
  const { preRegistered } = rule;
  if (!preRegistered) return [];
  const plans: EvidenceReference[] = [];
  const findings = candidates.flatMap(({ predicate }) => {
    const judged = judge(situation, preRegistered, predicate);
    if (judged.plan) plans.push(judged.plan);
    return judged.findings;
  });
  const evidence = [...references(candidates), ...plans];
  const [first] = findings;
  if (!first) return [pass(`${gate}.plan`, `as planned in ${plans.map(({ digest }) => digest).join(", ")}`, evidence)];
  return [
    deny(`${gate}.plan`, first.code, [...new Set(findings.map(({ reason }) => reason))].join("; "), {
      ...{ evidence, who: whoMaySign(situation.policy, preRegistered.signedBy) },
      fix: `mreg attach ${commandTarget(situation)} --type eval-plan plan.yaml, then evaluate again under it`,
    }),
  ];
}

function judge(
  { statements }: Situation,
  rule: PreRegisteredRule,
  result: Eval,
): { readonly findings: readonly Finding[]; readonly plan?: EvidenceReference } {
  const named = result.suite.plan && fromContentDigest(result.suite.plan.digest);
  if (named === undefined) return missing("the evaluation names no plan");
  const statement = statements.find(
    ({ digest, predicateType }) => digest === named && predicateType === predicateTypes["eval-plan"],
  );
  if (!statement) return missing(`the plan ${named} is not attached to this version`);
  const plan = reference(statement, statement.attachedAt);
  const parsed = EvalPlan.safeParse(statement.predicate);
  if (!hasRole(statement.member, rule.signedBy)) {
    const expected = rule.signedBy.join(" or ");
    const who = `the plan is signed by ${statement.member.name}, who is not ${expected}`;
    return { plan, findings: [{ code: "untrusted", reason: who }] };
  }
  if (!parsed.success) return { plan, findings: [malformed(parsed.error)] };
  return { plan: { ...plan, time: parsed.data.plannedAt }, findings: departures(parsed.data, result, rule) };
}

function departures(plan: EvalPlan, result: Eval, rule: PreRegisteredRule): readonly Finding[] {
  const begin = result.startedAt ?? result.evaluatedAt;
  const lead = Date.parse(begin) - Date.parse(plan.plannedAt);
  const late: Finding[] =
    lead > 0 && lead >= durationMs(rule.before)
      ? []
      : [
          {
            code: "planDeparted",
            reason: `planned at ${plan.plannedAt} for a run at ${begin}, expected it ${rule.before} before`,
          },
        ];
  return [...late, ...planDepartures(plan, result).map((reason): Finding => ({ code: "planDeparted", reason }))];
}

function missing(reason: string) {
  return { findings: [{ code: "planMissing", reason }] satisfies Finding[] };
}

function malformed(error: z.ZodError): Finding {
  return { code: "malformed", reason: `evaluation error: the plan cannot be read: ${error.issues[0]?.message}` };
}
