import { compareDecimals } from "../../evidence/decimal.ts";
import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Eval, type EvalResult, metricName } from "../../evidence/predicates/eval.ts";
import type { GateResult, gateCodes } from "../decision.ts";
import type { EvalRule } from "../policy/schema.ts";
import type { Situation } from "../situation.ts";
import { baselineGate } from "./baseline.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { type EvidenceQuery, references, selectEvidence } from "./selection.ts";

/** One thing that is wrong with an evaluation. */
interface Finding {
  readonly code: keyof typeof gateCodes;
  readonly reason: string;
}

/**
 * The newest evaluation meets the policy's thresholds, and is no worse than the champion by more than it may be.
 *
 * @returns one result for the thresholds and, where the policy names a baseline, one for the comparison.
 */
export function evalGate(situation: Situation, gate: string, rule: EvalRule): readonly GateResult[] {
  const query = evalQuery(situation, gate, rule);
  const selection = selectEvidence(situation, query);
  if (selection.denial) return [selection.denial];
  const evidence = references(selection.newest);
  const findings = selection.newest.flatMap(({ predicate }) => judge(predicate, rule));
  const [first] = findings;
  const who = whoMaySign(situation.policy, rule.signedBy);
  const fix = "improve the model and push a new version, or evaluate it in full and attach the result";
  const reasons = [...new Set(findings.map(({ reason }) => reason))].join("; ");
  const thresholds = first
    ? deny(gate, first.code, reasons, { evidence, fix: first.code === "partial" ? query.fix : fix, who })
    : pass(gate, summary(rule, selection.newest[0]?.predicate), evidence);
  if (!rule.baseline) return [thresholds];
  return [thresholds, baselineGate(situation, { gate, rule, query, candidates: selection.newest })];
}

/** Which evaluations a rule is about. */
function evalQuery(situation: Situation, gate: string, rule: EvalRule): EvidenceQuery<Eval> {
  const where = rule.environment ? ` in ${rule.environment.join(" or ")}` : "";
  const suite = rule.suite === undefined ? "" : ` of ${rule.suite}`;
  const flag = rule.environment && !rule.environment.includes("offline") ? ` --environment ${rule.environment[0]}` : "";
  return {
    gate,
    predicateType: predicateTypes.eval,
    schema: Eval,
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    wanted: `eval${suite}${where}`,
    fix: `mreg attach ${commandTarget(situation)} --type eval results.json${flag}`,
    matches: (predicate) => isOfSuite(predicate, rule.suite) && isIn(predicate, rule.environment),
    timeOf: ({ evaluatedAt }) => evaluatedAt,
  };
}

function isOfSuite({ suite }: Eval, wanted: string | undefined): boolean {
  return wanted === undefined || wanted === suite.name || wanted === `${suite.name}@${suite.version}`;
}

function isIn({ environment }: Eval, wanted: EvalRule["environment"]): boolean {
  return wanted === undefined || wanted.includes(environment);
}

function judge(predicate: Eval, rule: EvalRule): readonly Finding[] {
  const findings: Finding[] = [];
  if (rule.notPartial && predicate.partial) {
    findings.push({ code: "partial", reason: "partial: it ran fewer samples than the suite has" });
  }
  if (rule.claims === "required" && predicate.claims.length === 0) {
    findings.push({ code: "claimFailed", reason: "states no threshold of its own, and the policy requires one" });
  }
  // The schema has recomputed `passed` from the results already.
  for (const { metric, comparator, threshold } of predicate.claims.filter(({ passed }) => !passed)) {
    findings.push({ code: "claimFailed", reason: `${metric} missed the evaluator's own ${comparator} ${threshold}` });
  }
  return [...findings, ...rule.metrics.flatMap((metric) => judgeMetric(predicate, metric))];
}

/** The direction comes from the policy, never from the evidence. */
function judgeMetric(predicate: Eval, { id, min, max }: EvalRule["metrics"][number]): readonly Finding[] {
  const value = overallResult(predicate, id)?.value;
  if (value === undefined) return [{ code: "metricMissing", reason: `${id} was not measured` }];
  if (min !== undefined && compareDecimals(value, min) < 0) {
    return [{ code: "belowThreshold", reason: `${id} ${value}, expected at least ${min}` }];
  }
  if (max !== undefined && compareDecimals(value, max) > 0) {
    return [{ code: "belowThreshold", reason: `${id} ${value}, expected at most ${max}` }];
  }
  return [];
}

/** The result over all of the data, not over a slice of it. */
export function overallResult({ results }: Eval, id: string): EvalResult | undefined {
  return results.find((result) => result.slice === undefined && metricName(result) === id);
}

function summary(rule: EvalRule, predicate: Eval | undefined): string {
  const values = rule.metrics.map(({ id, min, max }) => {
    const value = predicate && overallResult(predicate, id)?.value;
    return `${id} ${value} ${min === undefined ? `≤ ${max}` : `≥ ${min}`}`;
  });
  return values.length > 0 ? values.join(", ") : `${predicate?.suite.name} ${predicate?.suite.version}`;
}
