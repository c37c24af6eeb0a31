import { compareDecimals, Decimal } from "../../evidence/decimal.ts";
import type { EvalDataset } from "../../evidence/predicates/eval.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { datasetsOf, type EvalInput } from "./eval-input.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { references } from "./selection.ts";

/**
 * Enough of the data was held back from whoever trains.
 *
 * The evaluator says so in the data set's annotations: `holdout: true`, or `holdoutFraction: "0.25"`. It is their word,
 * and counts because of who signs.
 */
export function holdoutGate(situation: Situation, { gate, rule, query, candidates }: EvalInput): readonly GateResult[] {
  const { holdout } = rule;
  if (!holdout) return [];
  const evidence = references(candidates);
  const fractions = candidates.flatMap(({ predicate }) => datasetsOf(predicate).map(fractionOf));
  const small = fractions.filter((fraction) => compareDecimals(fraction, holdout.minFraction) < 0);
  if (small.length === 0) return [pass(`${gate}.holdout`, `held back: ${fractions.join(", ")}`, evidence)];
  return [
    deny(
      `${gate}.holdout`,
      "holdoutTooSmall",
      `held back: ${small[0]} of the data, expected at least ${holdout.minFraction}`,
      {
        ...{ evidence, fix: `evaluate on data that was held back, then ${query.fix}` },
        who: whoMaySign(situation.policy, rule.signedBy),
      },
    ),
  ];
}

function fractionOf(dataset: EvalDataset | undefined): string {
  const { holdout, holdoutFraction } = dataset?.annotations ?? {};
  const fraction = Decimal.safeParse(holdoutFraction).data;
  if (fraction !== undefined) return compareDecimals(fraction, "1") > 0 ? "0" : fraction;
  return holdout === true ? "1" : "0";
}
