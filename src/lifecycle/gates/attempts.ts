import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Eval } from "../../evidence/predicates/eval.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { hasRole } from "../policy/policy.ts";
import type { EvalInput } from "./eval-input.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { references } from "./selection.ts";

/**
 * The version was not evaluated until chance gave a good number: of one suite version, only so many results may exist.
 *
 * What was run and never attached cannot be counted; plans make it visible (`preRegistered`).
 */
export function attemptsGate(
  situation: Situation,
  { gate, rule, candidates, query }: EvalInput,
): readonly GateResult[] {
  const { attempts } = rule;
  if (!attempts) return [];
  const evidence = references(candidates);
  const runs = situation.statements.flatMap(({ member, predicate, predicateType }) => {
    if (predicateType !== predicateTypes.eval || !hasRole(member, rule.signedBy)) return [];
    const parsed = Eval.safeParse(predicate);
    return parsed.success && query.matches?.(parsed.data) !== false ? [parsed.data] : [];
  });
  const counts = candidates.map(({ predicate: { suite } }) => ({
    suite: `${suite.name} ${suite.version}`,
    count: runs.filter((run) => run.suite.name === suite.name && run.suite.version === suite.version).length,
  }));
  const exceeded = counts.find(({ count }) => count > attempts.max);
  if (!exceeded) return [pass(`${gate}.attempts`, `${counts[0]?.count} of ${attempts.max}`, evidence)];
  const reason = `${exceeded.count} evaluations with ${exceeded.suite}, expected at most ${attempts.max}`;
  return [
    deny(`${gate}.attempts`, "attemptsExceeded", reason, {
      ...{ evidence, fix: "push a new version, or evaluate with the next version of the suite" },
      who: whoMaySign(situation.policy, rule.signedBy),
    }),
  ];
}
