import { compareDecimals } from "../../evidence/decimal.ts";
import type { Eval, EvalDataset, EvalResult } from "../../evidence/predicates/eval.ts";
import { metricName } from "../../evidence/predicates/eval.ts";
import type { EvalRule, MetricRule } from "../policy/schema.ts";
import type { Candidate, EvidenceQuery } from "./selection.ts";

/** What every part of an eval rule judges. */
export interface EvalInput {
  /** Name of the evidence rule. */
  readonly gate: string;
  readonly rule: EvalRule;
  readonly query: EvidenceQuery<Eval>;
  /** The evaluations that decide; several only when they claim the same time, and then all must pass. */
  readonly candidates: readonly Candidate<Eval>[];
}

/** The result over all of the data, or over one slice of it. */
export function resultOf({ results }: Eval, id: string, slice?: string): EvalResult | undefined {
  return results.find((result) => result.slice === slice && metricName(result) === id);
}

/** Results over all of the data. */
export function overallResults({ results }: Eval): readonly EvalResult[] {
  return results.filter(({ slice }) => slice === undefined);
}

/** Says how a value misses a threshold of the policy; the direction is the policy's, never the evidence's. */
export function missedThreshold(value: string, { min, max }: Pick<MetricRule, "min" | "max">): string | undefined {
  if (min !== undefined && compareDecimals(value, min) < 0) return `${value}, expected at least ${min}`;
  if (max !== undefined && compareDecimals(value, max) > 0) return `${value}, expected at most ${max}`;
  return undefined;
}

/** The data that an evaluation ran on; a result without one of its own stands on the statement's. */
export function datasetsOf({ dataset, results }: Eval): readonly (EvalDataset | undefined)[] {
  const own = results.map((result) => result.dataset ?? dataset);
  return [...new Set([...own, ...(dataset ? [dataset] : [])])];
}
