import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { compileCondition } from "../policy/condition.ts";
import type { Condition } from "../policy/schema.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { type Candidate, references } from "./selection.ts";

/**
 * Every CEL condition of a rule is exactly true of the statement that decides.
 *
 * Only the predicate goes in: no clock, no registry, no other statement, so that a replay gives the same answer.
 */
export function conditionsGate(
  situation: Situation,
  name: string,
  rule: { readonly conditions: readonly Condition[]; readonly signedBy: readonly string[] },
  candidates: readonly Candidate<unknown>[],
): readonly GateResult[] {
  if (rule.conditions.length === 0) return [];
  const gate = `${name}.conditions`;
  const failures = candidates.flatMap(({ statement }) =>
    rule.conditions.flatMap((condition) => judge(condition, statement.predicate)),
  );
  const detail = {
    evidence: references(candidates),
    who: whoMaySign(situation.policy, rule.signedBy),
    fix: "attach evidence that meets the condition",
  };
  const [first] = failures;
  if (!first) return [pass(gate, rule.conditions.map(({ message }) => message).join("; "), detail.evidence)];
  const reasons = [...new Set(failures.map(({ reason }) => reason))].join("; ");
  return [deny(gate, failures.find(({ code }) => code === "evaluationError")?.code ?? first.code, reasons, detail)];
}

interface Failure {
  readonly code: "conditionFailed" | "evaluationError";
  readonly reason: string;
}

function judge({ cel, message }: Condition, predicate: unknown): readonly Failure[] {
  const condition = compileCondition(cel);
  // `parsePolicy` has compiled it; a hand-made policy must not pass by the gap.
  if (typeof condition === "string") return [{ code: "evaluationError", reason: `evaluation error: ${condition}` }];
  const result = condition.evaluate(predicate);
  if (result.holds) return [];
  if (result.error === undefined) return [{ code: "conditionFailed", reason: `does not hold: ${message}` }];
  return [{ code: "evaluationError", reason: `evaluation error: ${result.error}, in: ${message}` }];
}
