import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { all, edit, evalOf, inEval } from "../../../test/support/policy-edits.ts";
import { type Draft, item, situationOf } from "../../../test/support/situation.ts";
import { decide } from "../decision/decide.ts";

type Change = (d: Draft) => void;

const champion =
  (change: Record<string, unknown>, value = "0.90"): Change =>
  (d) =>
    d.champion?.items.splice(0, 1, item("eval", predicates.eval(value, change), "ci", "champion eval"));
const rule = (text: string) => edit('{of: champion, minImprovement: "0", ifNone: allow}', `{of: champion, ${text}}`);
const on = (dataset: object) => ({ dataset });
const digest = (letter: string) => ({ digest: { sha256: letter.repeat(64) } });
const metric = (name: string, value: string, higherIsBetter = true) => ({
  task: "loans",
  metric: name,
  value,
  higherIsBetter,
});

const known = "loan-eval 2";
const unequal = "not comparable with champion v1:";

test.each<readonly [what: string, change: Change, says: string, passed: boolean]>([
  ["better", () => {}, "loans.accuracy 0.91 vs champion v1 0.90: +0.01, expected at least 0", true],
  ["equal", evalOf({}, "0.900"), "loans.accuracy 0.900 vs champion v1 0.90: +0.000, expected at least 0", true],
  ["worse", evalOf({}, "0.89"), "loans.accuracy 0.89 vs champion v1 0.90: -0.01, expected at least 0", false],
  [
    "better by enough",
    rule('minImprovement: "0.01"'),
    "loans.accuracy 0.91 vs champion v1 0.90: +0.01, expected at least 0.01",
    true,
  ],
  [
    "better by too little",
    rule('minImprovement: "0.0101"'),
    "loans.accuracy 0.91 vs champion v1 0.90: +0.01, expected at least 0.0101",
    false,
  ],
  [
    "worse, by as much as may be",
    all(rule('maxRegression: "0.01"'), evalOf({}, "0.89")),
    "loans.accuracy 0.89 vs champion v1 0.90: -0.01, expected a loss of at most 0.01",
    true,
  ],
  [
    "worse by more",
    all(rule('maxRegression: "0.0099"'), evalOf({}, "0.89")),
    "loans.accuracy 0.89 vs champion v1 0.90: -0.01, expected a loss of at most 0.0099",
    false,
  ],
  [
    "no number given, equal",
    all(rule("ifNone: allow"), evalOf({}, "0.90")),
    "loans.accuracy 0.90 vs champion v1 0.90: +0.00, expected at least 0",
    true,
  ],
  [
    "no number given, worse",
    all(rule("ifNone: allow"), evalOf({}, "0.8999")),
    "loans.accuracy 0.8999 vs champion v1 0.90: -0.0001, expected at least 0",
    false,
  ],
  ["its harness is unknown", evalOf({ harness: undefined }), `${unequal} harness unknown, expected ${known}`, false],
  [
    "the champion's is unknown",
    champion({ harness: undefined }),
    `${unequal} harness ${known}, expected unknown`,
    false,
  ],
  [
    "other data",
    all(evalOf(on({ uri: "a" })), champion(on({ uri: "b" }))),
    `${unequal} they ran on different data sets`,
    false,
  ],
  [
    "data under one name, of different digests",
    all(evalOf(on({ uri: "a", ...digest("a") })), champion(on({ uri: "a", ...digest("b") }))),
    `${unequal} they ran on different data sets`,
    false,
  ],
  [
    "data under two names, of one digest",
    all(evalOf(on({ uri: "a", ...digest("a") })), champion(on({ uri: "b", ...digest("a") }))),
    "loans.accuracy 0.91 vs champion v1 0.90: +0.01, expected at least 0",
    true,
  ],
  [
    "of two evaluations of one time, the second cannot be compared",
    (d) => d.items.push(item("eval", predicates.eval("0.91", { harness: undefined }), "ci", "second")),
    `${unequal} harness unknown, expected ${known}`,
    false,
  ],
  [
    "not measured here",
    evalOf({
      results: [metric("f1", "1")],
      claims: [{ metric: "loans.f1", comparator: ">=", threshold: "0", passed: true }],
    }),
    "loans.accuracy was not measured for this version",
    false,
  ],
  [
    "not measured there",
    all(
      inEval('metrics: [{id: loans.f1, min: "0"}]'),
      evalOf({ results: [metric("accuracy", "0.91"), metric("f1", "1")] }),
    ),
    "loans.f1 was not measured for champion v1",
    false,
  ],
])("baseline: %s", (_what, change, says, passed) => {
  const gate = decide(situationOf(change)).gates.find((one) => one.gate === "eval.baseline");
  expect(gate).toMatchObject({ passed, reason: says });
  expect(gate?.evidence.map(({ signer }) => signer)).toEqual(expect.arrayContaining(["alice", "ci"]));
});

test("baseline: a rule without one compares nothing", () => {
  const { gates } = decide(situationOf(edit('    baseline: {of: champion, minImprovement: "0", ifNone: allow}\n', "")));
  expect(gates.map(({ gate }) => gate)).not.toContain("eval.baseline");
});
