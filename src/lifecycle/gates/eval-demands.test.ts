import { describe, expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { add, all, type Case, evalOf, inEval, lineageOf, outcome } from "../../../test/support/policy-edits.ts";
import { type Draft, item, put } from "../../../test/support/situation.ts";

const result = (slice: string | undefined, value: string, extra: object = {}) => ({
  ...{ task: "loans", metric: "accuracy", value, higherIsBetter: true, ...extra },
  ...(slice ? { slice } : {}),
});
const data = (annotations: object = {}, hex = "ab") => ({
  dataset: { uri: "hf://loans", digest: { sha256: hex.repeat(32) }, annotations },
});
const fairness = (value: string) => ({
  results: [result(undefined, "0.91"), { task: "loans", metric: "parity_gap", value, higherIsBetter: false }],
});
const fair = 'categories: {fairness: [{id: loans.parity_gap, max: "0.05"}]}';
const championOn = (extra: object) => (d: Draft) =>
  d.champion?.items.splice(
    0,
    1,
    item("eval", predicates.eval("0.90", extra as Record<string, unknown>), "ci", "champion eval"),
  );

const evalCases: readonly Case[] = [
  [
    "slices measured",
    all(
      inEval(
        'metrics: [{id: loans.accuracy, min: "0.85"}]\n    slices: {names: [young, old], minSamples: 5, maxGap: "0.03"}',
      ),
      evalOf({
        results: [result(undefined, "0.91"), result("young", "0.88", { n: 5 }), result("old", "0.99", { n: 5 })],
      }),
    ),
    [],
  ],
  [
    "slice missing",
    all(
      inEval('metrics: [{id: loans.accuracy, min: "0.85"}]\n    slices: {names: [young]}'),
      evalOf({ results: [result(undefined, "0.91")] }),
    ),
    ["eval.slices MREG-E230"],
  ],
  [
    "slice below the threshold",
    all(
      inEval('metrics: [{id: loans.accuracy, min: "0.85"}]\n    slices: {names: [young]}'),
      evalOf({ results: [result(undefined, "0.91"), result("young", "0.849")] }),
    ),
    ["eval.slices MREG-E231"],
  ],
  [
    "slice falls behind the whole",
    all(
      inEval('metrics: [{id: loans.accuracy, min: "0.5"}]\n    slices: {names: [young], maxGap: "0.03"}'),
      evalOf({ results: [result(undefined, "0.91"), result("young", "0.879")] }),
    ),
    ["eval.slices MREG-E231"],
  ],
  [
    "a slice that is better is no gap",
    all(
      inEval('slices: {names: [young], metrics: [{id: loans.p95, max: "300"}], maxGap: "5"}'),
      evalOf({
        results: [
          result(undefined, "0.91"),
          { task: "loans", metric: "p95", value: "200", higherIsBetter: false },
          { task: "loans", metric: "p95", value: "100", higherIsBetter: false, slice: "young" },
        ],
      }),
    ),
    [],
  ],
  [
    "slice on too few samples",
    all(
      inEval('metrics: [{id: loans.accuracy, min: "0.5"}]\n    slices: {names: [young], minSamples: 50}'),
      evalOf({ results: [result(undefined, "0.91"), result("young", "0.9", { n: 49 })] }),
    ),
    ["eval.slices MREG-E208"],
  ],

  ["fair enough", all(inEval(fair), evalOf(fairness("0.05"))), []],
  ["fairness not measured", inEval(fair), ["eval.categories MREG-E232"]],
  ["unfair", all(inEval(fair), evalOf(fairness("0.0501"))), ["eval.categories MREG-E233"]],

  ["imported numbers", all(inEval("origin: executed"), evalOf({ origin: "imported" })), ["eval MREG-E209"]],

  [
    "suite version that counts now",
    inEval("rotation: {versions: {2026Q4: {from: 2026-10-01T00:00:00Z, until: 2027-01-01T00:00:00Z}}}"),
    [],
  ],
  [
    "suite version that is over, within the overlap",
    inEval("rotation: {versions: {2026Q4: {from: 2026-08-01T00:00:00Z, until: 2026-11-13T12:00:01Z}}, overlap: 7d}"),
    [],
  ],
  [
    "suite version that is over",
    inEval("rotation: {versions: {2026Q4: {from: 2026-08-01T00:00:00Z, until: 2026-11-13T12:00:00Z}}, overlap: 7d}"),
    ["eval.rotation MREG-E240"],
  ],
  [
    "suite version of the future",
    inEval("rotation: {versions: {2026Q4: {from: 2026-11-20T12:00:01Z, until: 2027-01-01T00:00:00Z}}}"),
    ["eval.rotation MREG-E240"],
  ],
  [
    "suite version that the policy does not name",
    inEval("rotation: {versions: {constructor: {from: 2026-10-01T00:00:00Z, until: 2027-01-01T00:00:00Z}}}"),
    ["eval.rotation MREG-E240"],
  ],

  [
    "all held back",
    all(inEval('holdout: {minFraction: "0.2"}'), evalOf(data({ holdout: true })), championOn(data())),
    [],
  ],
  [
    "a fifth held back",
    all(inEval('holdout: {minFraction: "0.2"}'), evalOf(data({ holdoutFraction: "0.20" })), championOn(data())),
    [],
  ],
  [
    "less than a fifth held back",
    all(inEval('holdout: {minFraction: "0.2"}'), evalOf(data({ holdoutFraction: "0.19" })), championOn(data())),
    ["eval.holdout MREG-E241"],
  ],
  [
    "all of it held back, as a fraction",
    all(inEval('holdout: {minFraction: "0.2"}'), evalOf(data({ holdoutFraction: "1" })), championOn(data())),
    [],
  ],
  [
    "more than all held back is nonsense",
    all(inEval('holdout: {minFraction: "0.2"}'), evalOf(data({ holdoutFraction: "1.1" })), championOn(data())),
    ["eval.holdout MREG-E241"],
  ],
  ["nothing said of data held back", inEval('holdout: {minFraction: "0.2"}'), ["eval.holdout MREG-E241"]],

  ["one attempt of one", inEval("attempts: {max: 1}"), []],
  [
    "a second attempt",
    all(
      inEval("attempts: {max: 1}"),
      add("eval", predicates.eval("0.90", { evaluatedAt: "2026-11-09T00:00:00Z" }), "ci", "first"),
    ),
    ["eval.attempts MREG-E244"],
  ],
  [
    "an attempt with another version of the suite",
    all(
      inEval("attempts: {max: 1}"),
      add(
        "eval",
        predicates.eval("0.90", { evaluatedAt: "2026-11-09T00:00:00Z", suite: { name: "core", version: "2026Q3" } }),
        "ci",
        "first",
      ),
    ),
    [],
  ],
  [
    "an attempt by somebody whose word does not count",
    all(
      inEval("attempts: {max: 1}"),
      add("eval", predicates.eval("0.90", { evaluatedAt: "2026-11-09T00:00:00Z" }), "norman", "first"),
    ),
    [],
  ],

  [
    "trained on other data",
    all(inEval("noOverlapWith: lineage"), evalOf(data()), championOn(data()), lineageOf({})),
    [],
  ],
  [
    "evaluated on what it was trained on",
    all(inEval("noOverlapWith: lineage"), evalOf(data({}, "cd")), championOn(data({}, "cd")), lineageOf({})),
    ["eval.overlap MREG-E245"],
  ],
  ["evaluation names no data", all(inEval("noOverlapWith: lineage"), lineageOf({})), ["eval.overlap MREG-E203"]],
  [
    "lineage is gone",
    all(inEval("noOverlapWith: lineage"), (d) => put(d, "lineage")),
    ["lineage MREG-E101", "eval.overlap MREG-E101"],
  ],
];

describe.each([["eval", evalCases]])("demands: %s", (_group, cases) => {
  test.each(cases)("demands: %s", (_what, change, expected) => {
    expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
  });
});
