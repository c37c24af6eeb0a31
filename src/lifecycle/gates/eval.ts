import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Eval } from "../../evidence/predicates/eval.ts";
import type { GateResult, gateCodes } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { EvalRule, MetricRule } from "../policy/schema.ts";
import { attemptsGate } from "./attempts.ts";
import { baselineGate } from "./baseline.ts";
import { categoriesGate } from "./categories.ts";
import { conditionsGate } from "./conditions.ts";
import { type EvalInput, missedThreshold, resultOf } from "./eval-input.ts";
import { holdoutGate } from "./holdout.ts";
import { overlapGate } from "./overlap.ts";
import { partsOf } from "./parts.ts";
import { planGate } from "./plan.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { rotationGate } from "./rotation.ts";
import { samplesGate } from "./samples.ts";
import { type EvidenceQuery, references, selectEvidence } from "./selection.ts";
import { slicesGate } from "./slices.ts";

/** One thing that is wrong with an evaluation. */
interface Finding {
  readonly code: keyof typeof gateCodes;
  readonly reason: string;
}

/** What a rule asks beyond its thresholds; each judges when its field is there, in this order. */
const parts: readonly ((situation: Situation, input: EvalInput) => readonly GateResult[])[] = [
  samplesGate,
  slicesGate,
  categoriesGate,
  rotationGate,
  holdoutGate,
  planGate,
  attemptsGate,
  overlapGate,
  baselineGate,
];

/**
 * The newest evaluation meets the policy's thresholds, and all that the rule asks beyond them.
 *
 * @returns one result for the thresholds, and one for each further demand of the rule.
 */
export function evalGate(situation: Situation, gate: string, rule: EvalRule): readonly GateResult[] {
  const query = evalQuery(situation, gate, rule);
  const selection = selectEvidence(situation, query);
  if (selection.denial) return [selection.denial];
  const input: EvalInput = { gate, rule, query, candidates: selection.newest };
  return [
    thresholdsGate(situation, input),
    ...conditionsGate(situation, gate, rule, selection.newest),
    ...parts.flatMap((part) => part(situation, input)),
  ];
}

function thresholdsGate(situation: Situation, { gate, rule, query, candidates }: EvalInput): GateResult {
  const evidence = references(candidates);
  const findings = candidates.flatMap(({ predicate }) => judge(predicate, rule));
  const [first] = findings;
  if (!first) return pass(gate, summary(rule, candidates[0]?.predicate), evidence);
  return deny(gate, first.code, [...new Set(findings.map(({ reason }) => reason))].join("; "), {
    ...{ evidence, fix: fixOf(first, query.fix) },
    who: whoMaySign(situation.policy, rule.signedBy),
  });
}

/** What to do about the first thing that is wrong: only a value that is too bad takes another model. */
function fixOf({ code }: Finding, attach: string): string {
  if (code === "partial") return attach;
  if (code === "metricMissing") return `measure it, then ${attach}`;
  if (code === "imported") return `let its signer run it, then ${attach}`;
  return "improve the model and push a new version, or evaluate it in full and attach the result";
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
    parts: partsOf(gate, rule),
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
  if (rule.origin === "executed" && predicate.origin !== "executed") {
    findings.push({
      code: "imported",
      reason: "copied from another program (imported), expected one that its signer ran",
    });
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

function judgeMetric(predicate: Eval, metric: MetricRule): readonly Finding[] {
  const value = resultOf(predicate, metric.id)?.value;
  if (value === undefined) return [{ code: "metricMissing", reason: `${metric.id} was not measured` }];
  const missed = missedThreshold(value, metric);
  return missed === undefined ? [] : [{ code: "belowThreshold", reason: `${metric.id} ${missed}` }];
}

function summary(rule: EvalRule, predicate: Eval | undefined): string {
  const values = rule.metrics.map(({ id, min, max }) => {
    const value = predicate && resultOf(predicate, id)?.value;
    return `${id} ${value} ${min === undefined ? `≤ ${max}` : `≥ ${min}`}`;
  });
  return values.length > 0 ? values.join(", ") : `${predicate?.suite.name} ${predicate?.suite.version}`;
}
