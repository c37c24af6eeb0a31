import type { Eval } from "../../evidence/predicates/eval.ts";
import { metricName } from "../../evidence/predicates/eval.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { type EvalInput, overallResults } from "./eval-input.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { references } from "./selection.ts";

/** Each metric that decides stands on enough samples; all of them where the rule names none. */
export function samplesGate(situation: Situation, { gate, rule, query, candidates }: EvalInput): readonly GateResult[] {
  const least = rule.minSamples;
  if (least === undefined) return [];
  const evidence = references(candidates);
  const short = candidates.flatMap(({ predicate }) =>
    tooShort(
      predicate,
      least,
      rule.metrics.map(({ id }) => id),
    ),
  );
  if (short.length === 0) return [pass(`${gate}.samples`, `at least ${least} samples`, evidence)];
  return [
    deny(`${gate}.samples`, "tooFewSamples", `${[...new Set(short)].join("; ")}, expected at least ${least}`, {
      ...{ evidence, fix: `evaluate on more data, then ${query.fix}` },
      who: whoMaySign(situation.policy, rule.signedBy),
    }),
  ];
}

function tooShort(predicate: Eval, least: number, named: readonly string[]): readonly string[] {
  const deciding = overallResults(predicate).filter(
    (result) => named.length === 0 || named.includes(metricName(result)),
  );
  return deciding.flatMap((result) => {
    const n = result.n ?? predicate.sampleSize;
    if (n !== undefined && n >= least) return [];
    return [`${metricName(result)} on ${n === undefined ? "an unknown number of samples" : `${n} samples`}`];
  });
}
