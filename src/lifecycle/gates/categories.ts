import type { Eval } from "../../evidence/predicates/eval.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { MetricRule } from "../policy/schema.ts";
import { type EvalInput, missedThreshold, resultOf } from "./eval-input.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { references } from "./selection.ts";

interface Finding {
  readonly code: "categoryMissing" | "categoryBelow";
  readonly reason: string;
}

/** What the policy wants tested besides quality (fairness, robustness, …) was measured and holds. */
export function categoriesGate(
  situation: Situation,
  { gate, rule, query, candidates }: EvalInput,
): readonly GateResult[] {
  const categories = Object.entries(rule.categories);
  if (categories.length === 0) return [];
  const evidence = references(candidates);
  const findings = candidates.flatMap(({ predicate }) =>
    categories.flatMap(([category, metrics]) => metrics.flatMap((metric) => judge(predicate, category, metric))),
  );
  const [first] = findings;
  if (!first) return [pass(`${gate}.categories`, categories.map(([category]) => category).join(", "), evidence)];
  return [
    deny(`${gate}.categories`, first.code, [...new Set(findings.map(({ reason }) => reason))].join("; "), {
      ...{
        evidence,
        fix: `run the tests of ${categories.map(([category]) => category).join(", ")}, then ${query.fix}`,
      },
      who: whoMaySign(situation.policy, rule.signedBy),
    }),
  ];
}

function judge(predicate: Eval, category: string, metric: MetricRule): readonly Finding[] {
  const value = resultOf(predicate, metric.id)?.value;
  if (value === undefined) return [{ code: "categoryMissing", reason: `${category}: ${metric.id} was not measured` }];
  const missed = missedThreshold(value, metric);
  return missed === undefined ? [] : [{ code: "categoryBelow", reason: `${category}: ${metric.id} ${missed}` }];
}
