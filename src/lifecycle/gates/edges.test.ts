import { describe, expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import {
  add,
  all,
  atTop,
  type Case,
  cardOf,
  edit,
  evalOf,
  inCard,
  inEval,
  inLineage,
  lineageOf,
  outcome,
} from "../../../test/support/policy-edits.ts";
import { type Draft, item, put, situationOf, weights } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { toContentDigest } from "../../evidence/predicates/digest-set.ts";
import { decide } from "../decision/decide.ts";
import type { Situation } from "../decision/situation.ts";
import { judgeGate } from "./catalog.ts";
import { conditionsGate } from "./conditions.ts";
import { deny, reference, whoMaySign } from "./result.ts";

type Change = (d: Draft) => void;
const gateOf = (gate: string, change: Change, more: Partial<Situation> = {}) =>
  decide({ ...situationOf(change), ...more }).gates.find((one) => one.gate === gate);

const suite = (plan: string) => ({
  suite: { name: "core", version: "2026Q4", plan: { digest: toContentDigest(digestOf(plan)) } },
});
const plan = (plannedAt: string) => ({
  plannedAt,
  suites: [{ name: "core", version: "2026Q4", metrics: [{ task: "loans", metric: "accuracy", higherIsBetter: true }] }],
  evidence: [],
});
const planned = (change: { named?: string; plannedAt?: string; startedAt?: string; before?: string } = {}) =>
  all(
    inEval(`preRegistered: {signedBy: [owner], before: ${change.before ?? "1d"}}`),
    evalOf({ ...suite(change.named ?? "plan"), ...(change.startedAt ? { startedAt: change.startedAt } : {}) }),
    add("plan", plan(change.plannedAt ?? "2026-11-01T00:00:00Z"), "olga", "plan"),
  );
const ranAt = "2026-11-10T00:00:00Z";
const cel = (text: string) => `conditions: [{cel: "${text}", message: holds}]`;
const set = (letters: string) => ({ uri: "hf://set", digest: { sha256: letters.repeat(32) } });
const result = { task: "loans", metric: "accuracy", value: "0.91", higherIsBetter: true };
const sameOn = (change: Record<string, unknown>): Change =>
  all(inEval("noOverlapWith: lineage"), lineageOf({}), evalOf(change), (d) =>
    d.champion?.items.splice(0, 1, item("eval", predicates.eval("0.90", change), "ci", "champion eval")),
  );
const exception = {
  ...{ model: "ml/risk", version: "v2", gate: "runbook", ticket: "RISK-12", reason: "known" },
  ...{ grantedAt: "2026-11-20T12:05:00Z", until: "2026-12-01T00:00:00Z" },
};
const excepting = atTop("exceptions: {signedBy: [owner], gates: [runbook], maxDuration: 30d}");

/** Each is the nearest neighbour of a case that goes the other way. */
const cases: readonly Case[] = [
  ["another plan is attached than the evaluation names", planned({ named: "other" }), ["eval.plan MREG-E242"]],
  ["what the evaluation names is attached, but no plan", planned({ named: "card" }), ["eval.plan MREG-E242"]],
  ["planned before it ended, after it began", planned({ startedAt: "2026-11-01T12:00:00Z" }), ["eval.plan MREG-E243"]],
  ["planned the moment it ran", planned({ plannedAt: ranAt, before: "0s" }), ["eval.plan MREG-E243"]],
  ["planned a second before it ran", planned({ plannedAt: "2026-11-09T23:59:59Z", before: "0s" }), []],

  ["a condition of an evaluation does not hold", inEval(cel("p.suite.name == 'x'")), ["eval.conditions MREG-E250"]],
  [
    "a condition of a lineage does not hold",
    inLineage(cel("p.runDetails.builder.id == 'x'")),
    ["lineage.conditions MREG-E250"],
  ],
  [
    "a condition of a scan does not hold",
    edit("coverAllFiles: true", `coverAllFiles: true\n    ${cel("p.result == 'x'")}`),
    ["scan.conditions MREG-E250"],
  ],
  [
    "one condition is false and another has no answer",
    inCard("conditions: [{cel: \"p.fields.license == 'x'\", message: a}, {cel: \"p.nothing == 'x'\", message: b}]"),
    ["card.conditions MREG-E251"],
  ],

  [
    "of two rollback plans of one time only one names what was served",
    (d) => d.items.push(item("document", predicates.document("rollback-plan"), "mike", "second")),
    ["rollback MREG-E220"],
  ],
  [
    "of two scans of one time only one read the file",
    (d) => d.items.push(item("scan", predicates.scan([digestOf("other")]), "ci", "second")),
    ["scan MREG-E211"],
  ],
  [
    "a scan that read another file, too",
    (d) => put(d, "scan", { predicate: predicates.scan([digestOf("other"), weights]) }),
    [],
  ],
  [
    "a scan without a time of its own is as old as its attachment",
    (d) => put(d, "scan", { predicate: predicates.scan([weights], { scannedAt: undefined }) }),
    [],
  ],
  [
    "a scan as old as it may be",
    (d) => put(d, "scan", { predicate: predicates.scan([weights], { scannedAt: "2026-08-22T12:00:00Z" }) }),
    [],
  ],
  [
    "a scan a second older",
    (d) => put(d, "scan", { predicate: predicates.scan([weights], { scannedAt: "2026-08-22T11:59:59Z" }) }),
    ["scan MREG-E103"],
  ],
  ["evaluated in the future, by as much as clocks differ", evalOf({ evaluatedAt: "2026-11-20T12:05:00Z" }), []],
  ["evaluated a second later", evalOf({ evaluatedAt: "2026-11-20T12:05:01Z" }), ["eval MREG-E106"]],
  ["a runbook by somebody without a role", (d) => put(d, "runbook", { by: "norman" }), ["runbook MREG-E102"]],
  [
    "an unreadable card by somebody without a role",
    (d) => put(d, "card", { predicate: {}, by: "norman" }),
    ["card MREG-E102"],
  ],
  [
    "an evaluation of another kind by somebody without a role",
    all((d) => put(d, "canary"), add("eval", predicates.eval(), "norman", "other")),
    ["canary MREG-E101"],
  ],
  ["an imported evaluation where any may be", evalOf({ origin: "imported" }), []],
  ["an executed evaluation where it must be", inEval("origin: executed"), []],

  [
    "a better slice of the champion is not its whole",
    (d) =>
      d.champion?.items.splice(
        0,
        1,
        item(
          "eval",
          predicates.eval("0.90", {
            results: [
              { ...result, value: "0.99", slice: "young" },
              { ...result, value: "0.90" },
            ],
          }),
          "ci",
          "champion eval",
        ),
      ),
    [],
  ],
  [
    "a result on data of its own, trained on",
    sameOn({ dataset: set("ab"), results: [{ ...result, dataset: set("cd") }] }),
    ["eval.overlap MREG-E245"],
  ],
  [
    "a whole on data that was trained on",
    sameOn({ dataset: set("cd"), results: [{ ...result, dataset: set("ab") }] }),
    ["eval.overlap MREG-E245"],
  ],
  ["results on data of their own only", sameOn({ results: [{ ...result, dataset: set("ab") }] }), []],

  [
    "excepted by as much in the future as clocks differ",
    all(excepting, (d) => put(d, "runbook"), add("exception", exception, "olga")),
    [],
  ],
  [
    "something else that reads like an exception",
    all(excepting, (d) => put(d, "runbook"), add("vulns", exception, "olga")),
    ["runbook MREG-E101"],
  ],
];

describe("edges of gates", () => {
  test.each(cases)("edges of gates: %s", (_what, change, expected) => {
    expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
  });
});

const foreign = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ digest: digestOf(`stranger ${at}`), reason: `no key ${at}` }));
const strangers = (count: number) =>
  foreign(count)
    .slice(0, 3)
    .map(({ digest, reason }) => `${digest.slice(0, 19)}… (${reason})`)
    .join(", ");
const noCard: Change = (d) => put(d, "card");
const unread = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ path: `part-${at}`, digest: digestOf(`part ${at}`) }));
const scanSays =
  (change: object): Change =>
  (d) =>
    put(d, "scan", { predicate: predicates.scan([weights], { ...change }) });
const twice: Change = (d) => d.items.push(item("eval", predicates.eval("0.91", { partial: true }), "ci", "second"));

test.each<readonly [gate: string, change: Change, more: Partial<Situation>, reason: string]>([
  [
    "card",
    noCard,
    { foreign: foreign(3) },
    `no model card; not counted, no key of the policy signed it: ${strangers(3)}`,
  ],
  [
    "card",
    noCard,
    { foreign: foreign(5) },
    `no model card; not counted, no key of the policy signed it: ${strangers(5)} and 2 more`,
  ],
  [
    "runbook",
    (d) => put(d, "runbook", { by: "norman" }),
    {},
    "runbook is signed by norman, who has none of the roles it takes: data-scientist or ci or mlops or lead or owner",
  ],
  [
    "scan",
    scanSays({ scannedAt: "2026-08-01T00:00:00Z" }),
    {},
    "scan of the weights is 111d old, expected at most 90d",
  ],
  [
    "scan",
    (d) => put(d, "scan", { predicate: predicates.scan([weights], { scannedAt: undefined }), attachedAt: undefined }),
    {},
    "scan of the weights claims no time, expected at most 90d",
  ],
  [
    "scan",
    scanSays({ result: "FAILED", failedTests: ["a", "b"], warnedTests: ["c"] }),
    {},
    "the scan says FAILED, expected PASSED: a, b",
  ],
  ["scan", scanSays({ result: "WARNED", warnedTests: ["c"] }), {}, "the scan says WARNED, expected PASSED: c"],
  ["scan", scanSays({ result: "FAILED" }), {}, "the scan says FAILED, expected PASSED"],
  ["scan", () => {}, { weights: unread(5) }, "the scan did not read part-0, part-1, part-2, part-3, part-4"],
  ["scan", () => {}, { weights: unread(7) }, "the scan did not read part-0, part-1, part-2, part-3, part-4 and 2 more"],
  ["authorize", (d) => (d.requester = "alice"), {}, "alice is data-scientist, expected mlops or ci"],
  ["authorize", (d) => (d.requester = "norman"), {}, "norman is without a role, expected mlops or ci"],
  [
    "lineage.personal-data",
    all(inLineage("personalData: none"), lineageOf({ containsPII: true })),
    {},
    "dataset:set0 holds personal data",
  ],
  ["eval.plan", inEval("preRegistered: {signedBy: [owner]}"), {}, "the evaluation names no plan"],
  [
    "eval.plan",
    all(inEval("preRegistered: {signedBy: [owner]}"), (d) =>
      d.items.push(item("eval", predicates.eval(), "ci", "second")),
    ),
    {},
    "the evaluation names no plan",
  ],
  ["eval.plan", planned(), {}, `as planned in ${digestOf("plan")}`],
  [
    "card.conditions",
    all(inCard(cel("p.fields.license == 'x'")), (d) => d.items.push(item("card", predicates.card(), "ci", "second"))),
    {},
    "does not hold: holds",
  ],
  ["eval", () => {}, {}, "core 2026Q4"],
  ["eval", inEval('metrics: [{id: loans.accuracy, max: "1"}]'), {}, "loans.accuracy 0.91 ≤ 1"],
  ["eval", inEval('metrics: [{id: loans.accuracy, min: "0.9"}]'), {}, "loans.accuracy 0.91 ≥ 0.9"],
  ["eval", twice, {}, "partial: it ran fewer samples than the suite has"],
  ["eval", all(twice, evalOf({ partial: true })), {}, "partial: it ran fewer samples than the suite has"],
  ["eval", (d) => put(d, "eval"), {}, "no eval in offline"],
  ["eval", all(edit("    environment: [offline]\n", "    suite: x\n"), (d) => put(d, "eval")), {}, "no eval of x"],
])("gates: what %s says at its edges, %#", (gate, change, more, reason) => {
  expect(gateOf(gate, change, more)?.reason).toBe(reason);
});

test.each<readonly [gate: string, change: Change, fix: string]>([
  ["eval", twice, "mreg attach ml/risk:v2 --type eval results.json"],
  [
    "eval",
    inEval('metrics: [{id: loans.accuracy, min: "0.95"}]'),
    "improve the model and push a new version, or evaluate it in full and attach the result",
  ],
  [
    "eval",
    inEval('metrics: [{id: loans.f1, min: "0.9"}]'),
    "measure it, then mreg attach ml/risk:v2 --type eval results.json",
  ],
  [
    "eval",
    all(inEval("origin: executed"), evalOf({ origin: "imported" })),
    "let its signer run it, then mreg attach ml/risk:v2 --type eval results.json",
  ],
  ["canary", (d) => put(d, "canary"), "mreg attach ml/risk:v2 --type eval results.json --environment shadow"],
  [
    "eval",
    all(
      edit("    environment: [offline]\n", ""),
      (d) => (d.items = d.items.filter(({ kind }) => kind !== "eval" && kind !== "canary")),
    ),
    "mreg attach ml/risk:v2 --type eval results.json",
  ],
])("gates: what to do when %s fails, %#", (gate, change, fix) => {
  expect(gateOf(gate, change)?.fix).toBe(fix);
});

test("gates: a plan is named beside the evaluation", () => {
  const digests = gateOf("eval.plan", planned())?.evidence.map(({ digest }) => digest);
  expect(digests).toEqual([digestOf("eval"), digestOf("plan")]);
});

test("gates: what no rule asks for is not judged", () => {
  const gates = decide(situationOf(() => {})).gates.map(({ gate }) => gate);
  for (const absent of ["recorded", "card.conditions", "eval.plan", "naming"]) expect(gates).not.toContain(absent);
  expect(gateOf("runbook", (d) => put(d, "runbook"))).not.toHaveProperty("parts");
});

test("gates: a gate that passes needs no waiver", () => {
  expect(gateOf("canary", atTop("enforcement: {audit: [canary]}"))).not.toHaveProperty("waiver");
});

test("gates: a policy made by hand does not pass by its gaps", () => {
  const base = situationOf(cardOf({}));
  expect(judgeGate(base, "invented")).toMatchObject([{ passed: false, code: "MREG-E104" }]);
  const [statement] = base.statements;
  if (!statement) throw new Error("no statement");
  const rule = { conditions: [{ cel: "1 +", message: "adds up" }], signedBy: ["ci"] };
  expect(conditionsGate(base, "card", rule, [{ statement, predicate: {} }])).toMatchObject([
    { passed: false, code: "MREG-E251" },
  ]);
});

test("gates: results have no fields without a value", () => {
  const { policy, statements } = situationOf(() => {});
  const [statement] = statements;
  if (!statement) throw new Error("no statement");
  expect(deny("card", "missing", "no card")).toStrictEqual({
    ...{ gate: "card", code: "MREG-E101", passed: false, reason: "no card", evidence: [] },
  });
  expect(reference(statement)).toStrictEqual({ digest: statement.digest, signer: "alice" });
  expect(whoMaySign(policy, ["owner"])).toEqual(["olga"]);
  expect(whoMaySign(policy, undefined)).toEqual(["alice", "ci", "mike", "lea", "lou", "olga"]);
});
