import { compareDecimals, subtractDecimals } from "../../evidence/decimal.ts";
import type { Eval } from "../../evidence/predicates/eval.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { MetricRule, SlicesRule } from "../policy/schema.ts";
import { type EvalInput, missedThreshold, resultOf } from "./eval-input.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { references } from "./selection.ts";

interface Finding {
  readonly code: "sliceMissing" | "sliceBelow" | "tooFewSamples";
  readonly reason: string;
}

/** Every slice that the policy names was measured, on enough samples, and is not much worse than the whole. */
export function slicesGate(situation: Situation, { gate, rule, query, candidates }: EvalInput): readonly GateResult[] {
  const { slices } = rule;
  if (!slices) return [];
  const metrics = slices.metrics.length > 0 ? slices.metrics : rule.metrics;
  const evidence = references(candidates);
  const findings = candidates.flatMap(({ predicate }) =>
    slices.names.flatMap((slice) => metrics.flatMap((metric) => judge(predicate, slice, metric, slices))),
  );
  const [first] = findings;
  if (!first) return [pass(`${gate}.slices`, slices.names.join(", "), evidence)];
  return [
    deny(`${gate}.slices`, first.code, [...new Set(findings.map(({ reason }) => reason))].join("; "), {
      ...{ evidence, fix: `measure and improve these slices, then ${query.fix}` },
      who: whoMaySign(situation.policy, rule.signedBy),
    }),
  ];
}

function judge(predicate: Eval, slice: string, metric: MetricRule, rule: SlicesRule): readonly Finding[] {
  const what = `${metric.id} of ${slice}`;
  const found = resultOf(predicate, metric.id, slice);
  if (!found) return [{ code: "sliceMissing", reason: `${what} was not measured` }];
  const missed = missedThreshold(found.value, metric);
  const gap =
    rule.maxGap === undefined ? undefined : gapProblem(predicate, metric, { found: found.value, most: rule.maxGap });
  const few = rule.minSamples !== undefined && !(found.n !== undefined && found.n >= rule.minSamples);
  return [
    ...(missed === undefined ? [] : [{ code: "sliceBelow" as const, reason: `${what} ${missed}` }]),
    ...(gap === undefined ? [] : [{ code: "sliceBelow" as const, reason: `${what} ${gap}` }]),
    ...(few
      ? [
          {
            code: "tooFewSamples" as const,
            reason: `${what} on ${found.n ?? "an unknown number of"} samples, expected at least ${rule.minSamples}`,
          },
        ]
      : []),
  ];
}

/** How much worse than the whole; better is never a gap. */
function gapProblem(
  predicate: Eval,
  { id, min }: MetricRule,
  { found, most }: { readonly found: string; readonly most: string },
): string | undefined {
  const whole = resultOf(predicate, id)?.value;
  if (whole === undefined) return "has nothing to be compared with: the whole was not measured";
  const loss = min === undefined ? subtractDecimals(found, whole) : subtractDecimals(whole, found);
  return compareDecimals(loss, most) > 0
    ? `${found} is ${loss} worse than all (${whole}), expected at most ${most}`
    : undefined;
}
