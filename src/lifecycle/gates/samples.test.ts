import { expect, test } from "vitest";
import { all, type Case, evalOf, inEval, outcome } from "../../../test/support/policy-edits.ts";
import { type Draft, situationOf } from "../../../test/support/situation.ts";
import { decide } from "../decision/decide.ts";

const result = (metric: string, extra: object = {}) => ({
  ...{ task: "loans", metric, value: "0.91", higherIsBetter: true, ...extra },
});
const least = (count: number) => inEval(`minSamples: ${count}`);

test.each<Case>([
  ["as many as there must be", all(least(100), evalOf({ results: [result("accuracy", { n: 100 })] })), []],
  ["as many behind all results", all(least(100), evalOf({ sampleSize: 100 })), []],
  ["one too few", all(least(100), evalOf({ sampleSize: 99 })), ["eval.samples MREG-E208"]],
  ["an unknown number", least(100), ["eval.samples MREG-E208"]],
  [
    "none behind a metric that does not decide",
    all(
      inEval('minSamples: 10\n    metrics: [{id: loans.accuracy, min: "0.9"}]'),
      evalOf({ results: [result("accuracy", { n: 10 }), result("f1")] }),
    ),
    [],
  ],
])("samples: %s", (_what, change, expected) => {
  expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
});

test.each<readonly [change: (d: Draft) => void, reason: string]>([
  [all(least(10), evalOf({ sampleSize: 10 })), "at least 10 samples"],
  [all(least(10), evalOf({ sampleSize: 9 })), "loans.accuracy on 9 samples, expected at least 10"],
  [least(10), "loans.accuracy on an unknown number of samples, expected at least 10"],
])("samples: what they say, %#", (change, reason) => {
  const gate = decide(situationOf(change)).gates.find((one) => one.gate === "eval.samples");
  expect(gate?.reason).toBe(reason);
});
