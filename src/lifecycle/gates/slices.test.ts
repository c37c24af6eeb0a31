import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { all, edit, evalOf, inEval } from "../../../test/support/policy-edits.ts";
import { type Draft, item, situationOf } from "../../../test/support/situation.ts";
import { decide } from "../decision/decide.ts";

const result = (metric: string, value: string, extra: object = {}) => ({
  ...{ task: "loans", metric, value, higherIsBetter: true, ...extra },
});
const young = { slice: "young" };
const measured = (...more: object[]) => ({ results: [result("accuracy", "0.91"), ...more] });
const second =
  (change: Record<string, unknown>) =>
  (d: Draft): void => {
    d.items.push(item("eval", predicates.eval("0.91", change), "ci", "second"));
  };
const own =
  'metrics: [{id: loans.accuracy, min: "0.5"}]\n    slices: {names: [young], metrics: [{id: loans.f1, min: "0"}]';
const ruled = (more: string) =>
  inEval(`metrics: [{id: loans.accuracy, min: "0.5"}]\n    slices: {names: [young]${more}}`);
const fair = inEval('categories: {fairness: [{id: loans.gap, max: "0.1"}]}');

test.each<readonly [gate: string, change: (d: Draft) => void, reason: string]>([
  [
    "eval.slices",
    all(inEval(`${own}}`), evalOf(measured(result("accuracy", "0.9", young)))),
    "loans.f1 of young was not measured",
  ],
  ["eval.slices", all(inEval(`${own}}`), evalOf(measured(result("f1", "0.9", young)))), "young"],
  [
    "eval.slices",
    all(inEval(`${own}, maxGap: "0.1"}`), evalOf(measured(result("f1", "0.9", young)))),
    "loans.f1 of young has nothing to be compared with: the whole was not measured",
  ],
  [
    "eval.slices",
    all(ruled(", minSamples: 50"), evalOf(measured(result("accuracy", "0.9", { ...young, n: 49 })))),
    "loans.accuracy of young on 49 samples, expected at least 50",
  ],
  [
    "eval.slices",
    all(ruled(", minSamples: 50"), evalOf(measured(result("accuracy", "0.9", young)))),
    "loans.accuracy of young on an unknown number of samples, expected at least 50",
  ],
  ["eval.slices", all(ruled(""), evalOf(measured()), second(measured())), "loans.accuracy of young was not measured"],
  ["eval.categories", all(fair, evalOf(measured()), second(measured())), "fairness: loans.gap was not measured"],
  ["lineage", edit("require: [run, dataset, code]", "require: []"), "names a run"],
])("slices: what %s says, %#", (gate, change, reason) => {
  expect(decide(situationOf(change)).gates.find((one) => one.gate === gate)?.reason).toBe(reason);
});

test("slices: neither they nor categories are judged where no rule asks for them", () => {
  const gates = decide(situationOf(() => {})).gates.map(({ gate }) => gate);
  for (const absent of ["eval.slices", "eval.categories"]) expect(gates).not.toContain(absent);
});
