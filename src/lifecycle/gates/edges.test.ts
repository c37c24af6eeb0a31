import { describe, expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import {
  add,
  all,
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
import { type Draft, item, put, situationOf } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { decide } from "../decision/decide.ts";
import type { Situation } from "../decision/situation.ts";
import { judgeGate } from "./catalog.ts";
import { conditionsGate } from "./conditions.ts";
import { deny, reference, whoMaySign } from "./result.ts";

type Change = (d: Draft) => void;
const gateOf = (gate: string, change: Change, more: Partial<Situation> = {}) =>
  decide({ ...situationOf(change), ...more }).gates.find((one) => one.gate === gate);

const cel = (text: string) => `conditions: [{cel: "${text}", message: holds}]`;
const set = (letters: string) => ({ uri: "hf://set", digest: { sha256: letters.repeat(32) } });
const result = { task: "loans", metric: "accuracy", value: "0.91", higherIsBetter: true };
const sameOn = (change: Record<string, unknown>): Change =>
  all(inEval("noOverlapWith: lineage"), lineageOf({}), evalOf(change), (d) =>
    d.champion?.items.splice(0, 1, item("eval", predicates.eval("0.90", change), "ci", "champion eval")),
  );

/** Each is the nearest neighbour of a case that goes the other way. */
const cases: readonly Case[] = [
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
  ["authorize", (d) => (d.requester = "alice"), {}, "alice is data-scientist, expected mlops or ci"],
  ["authorize", (d) => (d.requester = "norman"), {}, "norman is without a role, expected mlops or ci"],
  [
    "lineage.personal-data",
    all(inLineage("personalData: none"), lineageOf({ containsPII: true })),
    {},
    "dataset:set0 holds personal data",
  ],
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

test("gates: what no rule asks for is not judged", () => {
  const gates = decide(situationOf(() => {})).gates.map(({ gate }) => gate);
  for (const absent of ["recorded", "card.conditions", "eval.plan", "naming"]) expect(gates).not.toContain(absent);
  expect(gateOf("runbook", (d) => put(d, "runbook"))).not.toHaveProperty("parts");
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
