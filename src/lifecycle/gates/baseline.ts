import { compareDecimals, subtractDecimals } from "../../evidence/decimal.ts";
import { type Eval, type EvalDataset, metricName } from "../../evidence/predicates/eval.ts";
import { type GateResult, gateCodes } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { BaselineRule, EvalRule } from "../policy/schema.ts";
import { datasetsOf, type EvalInput, overallResults } from "./eval-input.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { type EvidenceQuery, references, selectEvidence } from "./selection.ts";

/**
 * The version is compared with what production serves, metric by metric, in exact arithmetic.
 *
 * What cannot be compared denies: numbers of another suite version, other data or another harness look like a result
 * and are none.
 */
export function baselineGate(situation: Situation, input: EvalInput): readonly GateResult[] {
  const { baseline } = input.rule;
  return baseline ? [judge(situation, input, baseline)] : [];
}

function judge(situation: Situation, input: EvalInput, baseline: BaselineRule): GateResult {
  const { rule, candidates } = input;
  const gate = `${input.gate}.baseline`;
  const { champion } = situation.state;
  if (!champion) return withoutChampion(gate, baseline);
  const [first] = candidates;
  if (!first) return deny(gate, "missing", "no evaluation to compare");
  const name = `champion v${champion.version}`;
  const selection = selectEvidence(situation, championQuery(input, first.predicate), situation.championStatements);
  const who = whoMaySign(situation.policy, rule.signedBy);
  const suite = `${first.predicate.suite.name} ${first.predicate.suite.version}`;
  const fix = `evaluate v${champion.version} with ${suite} too: mreg attach ${situation.model}:v${champion.version} --type eval results.json`;
  if (selection.denial) {
    const code = selection.denial.code === gateCodes.malformed ? "malformed" : "incomparable";
    const reason = `${name} has no usable eval of ${suite} to compare with: ${selection.denial.reason}`;
    return deny(gate, code, reason, { evidence: selection.denial.evidence, fix, who });
  }
  const evidence = [...references(candidates), ...references(selection.newest)];
  const pairs = candidates.flatMap((mine) =>
    selection.newest.map((theirs) => [mine.predicate, theirs.predicate] as const),
  );
  const obstacle = pairs.map(([mine, theirs]) => incomparable(mine, theirs)).find((reason) => reason !== undefined);
  if (obstacle) return deny(gate, "incomparable", `not comparable with ${name}: ${obstacle}`, { evidence, fix, who });
  const comparisons = pairs.flatMap(([mine, theirs]) => compare(mine, theirs, rule, baseline));
  const failures = comparisons.filter(({ holds }) => !holds);
  if (failures.length > 0) {
    const reason = failures.map(({ text }) => text.replace("%", name)).join("; ");
    const improve = `improve the model and push a new version`;
    return deny(gate, failures[0]?.incomparable ? "incomparable" : "belowBaseline", reason, {
      evidence,
      fix: improve,
      who,
    });
  }
  return pass(gate, comparisons.map(({ text }) => text.replace("%", name)).join("; "), evidence);
}

function withoutChampion(gate: string, { ifNone }: BaselineRule): GateResult {
  if (ifNone === "allow") return pass(gate, "production serves nothing to compare with, which the policy allows");
  return deny(gate, "noChampion", "production serves nothing to compare with, and the policy denies that", {
    fix: "set baseline.ifNone: allow in the policy for the first version",
  });
}

/** The champion's evaluations count however old they are: it is the candidate that has to be fresh. */
function championQuery({ query, gate }: EvalInput, { suite }: Eval): EvidenceQuery<Eval> {
  return {
    ...query,
    gate: `${gate}.baseline`,
    maxAge: undefined,
    matches: (predicate) =>
      query.matches?.(predicate) !== false &&
      predicate.suite.name === suite.name &&
      predicate.suite.version === suite.version,
  };
}

/** Says why two evaluations of one suite version cannot be compared all the same. */
function incomparable(mine: Eval, theirs: Eval): string | undefined {
  const data = [mine, theirs].map((one) => JSON.stringify(datasetsOf(one).map(dataOf).sort()));
  if (data[0] !== data[1]) return "they ran on different data sets";
  const harness = [mine, theirs].map(
    (one) => one.harness && `${one.harness.name} ${one.harness.version.split(".")[0]}`,
  );
  if (harness[0] !== harness[1]) return `harness ${harness[0] ?? "unknown"}, expected ${harness[1] ?? "unknown"}`;
  return undefined;
}

/** Data by its digest; a name moves, and counts only where there is nothing better on either side. */
function dataOf(dataset: EvalDataset | undefined): string | undefined {
  return dataset?.digest ? JSON.stringify(Object.entries(dataset.digest).sort()) : dataset?.uri;
}

interface Comparison {
  readonly holds: boolean;
  readonly incomparable?: boolean;
  /** `%` stands for the champion's name. */
  readonly text: string;
}

/** Compares the metrics that the policy names, or every overall metric of the champion when it names none. */
function compare(mine: Eval, theirs: Eval, { metrics }: EvalRule, baseline: BaselineRule): readonly Comparison[] {
  const named = metrics.map(({ id, min }) => ({ id, higherIsBetter: min !== undefined }));
  const all = overallResults(theirs).map((result) => ({
    id: metricName(result),
    higherIsBetter: result.higherIsBetter,
  }));
  return (named.length > 0 ? named : all).map(({ id, higherIsBetter }): Comparison => {
    const [value, reference] = [mine, theirs].map((one) =>
      overallResults(one).find((result) => metricName(result) === id),
    );
    if (!value || !reference) {
      const who = value ? "%" : "this version";
      return { holds: false, incomparable: true, text: `${id} was not measured for ${who}` };
    }
    // Without a direction in the policy the two evaluations must at least agree on one.
    if (named.length === 0 && value.higherIsBetter !== reference.higherIsBetter) {
      return { holds: false, incomparable: true, text: `${id} is better high for one and low for the other` };
    }
    const improvement = higherIsBetter
      ? subtractDecimals(value.value, reference.value)
      : subtractDecimals(reference.value, value.value);
    const { holds, expected } = meetsBaseline(improvement, baseline);
    const sign = improvement.startsWith("-") ? improvement : `+${improvement}`;
    return { holds, text: `${id} ${value.value} vs % ${reference.value}: ${sign}, expected ${expected}` };
  });
}

function meetsBaseline(improvement: string, rule: BaselineRule): { holds: boolean; expected: string } {
  const { minImprovement, maxRegression } = rule;
  const least = minImprovement ?? (maxRegression === undefined ? "0" : undefined);
  const meetsLeast = least === undefined || compareDecimals(improvement, least) >= 0;
  const meetsMost =
    maxRegression === undefined || compareDecimals(subtractDecimals("0", improvement), maxRegression) <= 0;
  const expected = [
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(maxRegression === undefined ? [] : [`a loss of at most ${maxRegression}`]),
  ];
  return { holds: meetsLeast && meetsMost, expected: expected.join(" and ") };
}
