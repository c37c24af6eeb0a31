import { expect, test } from "vitest";
import { all, atTop, inCard, inEval, inLineage, lineageOf } from "../../../test/support/policy-edits.ts";
import { type Draft, situationOf } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { decide } from "../decision/decide.ts";
import { matchesGlob, namingGate } from "./naming.ts";

test.each([
  ["risk", "risk", true],
  ["risk2", "risk", false],
  ["risk-a", "risk-*", true],
  ["risk-", "risk-*", true],
  ["risk", "risk-*", false],
  ["a-risk", "*-risk", true],
  ["a-risky", "*-risk", false],
  ["aba", "ab*ba", false],
  ["abba", "ab*ba", true],
  ["xbx", "x*b*x", true],
  ["b", "*b*", true],
  ["xby", "x*c*y", false],
  ["x12y", "x*1*2*y", true],
  ["x21y", "x*1*2*y", false],
  ["x1y", "x*1y*y", false],
  ["ml/a", "*", true],
])("naming: %s and %s: %s", (name, glob, expected) => {
  expect(matchesGlob(name, glob)).toBe(expected);
});

const elsewhere = "push it under such a name, or use the policy meant for it";

test.each<readonly [rule: string, owner: string | undefined, reason: string, fix?: string]>([
  ["models: [ml/*]", "risk-team", "ml/risk of risk-team"],
  ["models: [ml/*]", undefined, "ml/risk"],
  ["models: [x, y-*]", "risk-team", "the model is called ml/risk, expected x or y-*", elsewhere],
  ["owners: [x, risk-team]", "risk-team", "ml/risk of risk-team"],
  ["owners: [x, y]", "risk-team", "it is owned by risk-team, expected x or y", "mreg push ml/risk <path>… --owner x"],
  ["owners: [x]", " ", "it is owned by nobody, expected x", "mreg push ml/risk <path>… --owner x"],
  ["owners: [x]", undefined, "it is owned by nobody, expected x", "mreg push ml/risk <path>… --owner x"],
])("naming: %s and a model of %s", (rule, named, reason, fix) => {
  const { owner, ...unowned } = situationOf(atTop(`naming: {${rule}}`));
  const [result] = namingGate(named === undefined ? unowned : { ...unowned, owner: named });
  expect(result).toMatchObject({ passed: fix === undefined, reason });
  expect(result?.fix).toBe(fix);
});

test("naming: spaces around an owner's name do not count", () => {
  const situation = situationOf(atTop("naming: {owners: [risk-team]}"));
  expect(namingGate({ ...situation, owner: " risk-team " })[0]?.passed).toBe(true);
});

test("naming: a policy without a rule demands nothing", () => {
  expect(namingGate(situationOf(() => {}))).toEqual([]);
});

/** What a gate says, for people. */
const reasonOf = (gate: string, change: (d: Draft) => void) =>
  decide(situationOf(change)).gates.find((one) => one.gate === gate)?.reason;
const rotation = (from: string, until: string) =>
  inEval(`rotation: {versions: {2026Q4: {from: ${from}, until: ${until}}}}`);

test.each<readonly [gate: string, change: (d: Draft) => void, expected: string]>([
  ["card.license", inCard("licenses: [mit]"), "under licences that the policy allows"],
  [
    "lineage.personal-data",
    all(inLineage("personalData: declared"), lineageOf({ containsPII: false })),
    "no personal data",
  ],
  [
    "lineage.personal-data",
    all(inLineage("personalData: declared"), lineageOf({ containsPII: true })),
    "personal data in dataset:set0",
  ],
  [
    "lineage.personal-data",
    all(inLineage("personalData: none"), lineageOf({})),
    "dataset:set0 does not say whether it holds any",
  ],
  ["lineage.personal-data", all(inLineage("personalData: none"), lineageOf()), "the lineage names no data set"],
  ["eval.samples", inEval("minSamples: 5"), "loans.accuracy on an unknown number of samples, expected at least 5"],
  [
    "eval.rotation",
    rotation("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
    "suite version 2026Q4 does not count now, expected one that the policy has to name first: none counts now",
  ],
  ["eval.rotation", rotation("2026-11-20T12:00:00Z", "2027-02-01T00:00:00Z"), "suite version 2026Q4 is current"],
  [
    "eval.rotation",
    inEval("rotation: {versions: {2027Q1: {from: 2026-11-01T00:00:00Z, until: 2027-04-01T00:00:00Z}}}"),
    "suite version 2026Q4 does not count now, expected 2027Q1",
  ],
  [
    "recorded",
    (d) => (d.recorded = ["a", "b", "c"].map((one) => digestOf(one))),
    `the last record names ${["a", "b", "c"].map((one) => digestOf(one)).join(", ")}, which no longer verifies here`,
  ],
])("gates: what %s says, %#", (gate, change, expected) => {
  expect(reasonOf(gate, change)).toBe(expected);
});
