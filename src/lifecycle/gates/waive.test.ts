import { expect, test } from "vitest";
import { add, all, atTop, type Case, evalOf, outcome } from "../../../test/support/policy-edits.ts";
import { type item, put, situationOf } from "../../../test/support/situation.ts";
import { decide } from "../decision/decide.ts";

const exceptions = "exceptions: {signedBy: [lead, owner], gates: [eval.baseline, runbook], maxDuration: 30d}";
const worse = evalOf({}, "0.89");
const excepted = (change: object = {}, by: Parameters<typeof item>[2] = "olga", allow = exceptions) =>
  all(
    atTop(allow),
    worse,
    add(
      "exception",
      {
        ...{ model: "ml/risk", version: "v2", gate: "eval.baseline", ticket: "RISK-12", reason: "known" },
        ...{ grantedAt: "2026-11-19T00:00:00Z", until: "2026-12-01T00:00:00Z", ...change },
      },
      by,
    ),
  );
const denied = ["eval.baseline MREG-E201"];

const exception = {
  ...{ model: "ml/risk", version: "v2", gate: "runbook", ticket: "RISK-12", reason: "known" },
  ...{ grantedAt: "2026-11-20T12:05:00Z", until: "2026-12-01T00:00:00Z" },
};
const excepting = atTop("exceptions: {signedBy: [owner], gates: [runbook], maxDuration: 30d}");

test.each<Case>([
  ["excepted", excepted(), []],
  ["excepted for another gate", excepted({ gate: "runbook" }), denied],
  ["excepted for another version", excepted({ version: "v1" }), denied],
  ["excepted for another model", excepted({ model: "ml/other" }), denied],
  ["excepted until now", excepted({ until: "2026-11-20T12:00:00Z" }), denied],
  ["excepted in the future", excepted({ grantedAt: "2026-11-20T12:05:01Z" }), denied],
  ["excepted for too long", excepted({ until: "2026-12-19T00:00:01Z" }), denied],
  ["excepted for as long as it may be", excepted({ until: "2026-12-19T00:00:00Z" }), []],
  ["excepted by the wrong role", excepted({}, "mike"), denied],
  ["excepted by the pusher with her second key", excepted({}, "alice2"), denied],
  ["excepted where the policy lets nobody", excepted({}, "olga", ""), denied],
  [
    "excepted where the policy lets other gates be",
    excepted({}, "olga", "exceptions: {signedBy: [owner], gates: [runbook], maxDuration: 30d}"),
    denied,
  ],
  ["audited", all(atTop("enforcement: {audit: [eval.baseline]}"), worse), []],
  ["not yet in force", all(atTop("enforcement: {effectiveOn: {eval.baseline: 2026-11-20T12:00:01Z}}"), worse), []],
  [
    "in force from now on",
    all(atTop("enforcement: {effectiveOn: {eval.baseline: 2026-11-20T12:00:00Z}}"), worse),
    denied,
  ],
  ["another gate is audited", all(atTop("enforcement: {audit: [canary.baseline]}"), worse), denied],
  [
    "an audited canary does not let a missing one around its baseline",
    all(atTop("enforcement: {audit: [canary]}"), (d) => put(d, "canary")),
    ["canary MREG-E101"],
  ],
  [
    "an audited canary with its baseline",
    all(atTop("enforcement: {audit: [canary, canary.baseline]}"), (d) => put(d, "canary")),
    [],
  ],

  [
    "a missing runbook, excepted by as much in the future as clocks differ",
    all(excepting, (d) => put(d, "runbook"), add("exception", exception, "olga")),
    [],
  ],
  [
    "a missing runbook, by something else that reads like an exception",
    all(excepting, (d) => put(d, "runbook"), add("vulns", exception, "olga")),
    ["runbook MREG-E101"],
  ],
])("waive: %s", (_what, change, expected) => {
  expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
});

test("waive: a gate that passes needs no waiver", () => {
  const { gates } = decide(situationOf(atTop("enforcement: {audit: [canary]}")));
  expect(gates.find(({ gate }) => gate === "canary")).not.toHaveProperty("waiver");
});

test.each<readonly [string, Case[1], object]>([
  [
    "an audited gate",
    all(atTop("enforcement: {audit: [eval.baseline]}"), worse),
    { by: "audit", reason: "the policy only audits this gate" },
  ],
  [
    "a gate that is not in force yet",
    all(atTop("enforcement: {effectiveOn: {eval.baseline: 2026-11-20T12:00:01Z}}"), worse),
    { by: "effective-on", reason: "in force from 2026-11-20T12:00:01Z on", until: "2026-11-20T12:00:01Z" },
  ],
  [
    "an exception",
    excepted(),
    {
      ...{ by: "exception", until: "2026-12-01T00:00:00Z" },
      reason: "olga excepts it until 2026-12-01T00:00:00Z (RISK-12)",
      evidence: expect.objectContaining({ signer: "olga", time: "2026-11-19T00:00:00Z" }),
    },
  ],
])("waive: says why %s lets it be", (_what, change, said) => {
  const { gates } = decide(situationOf(change));
  const waivers = gates.flatMap(({ gate, waiver }) => (waiver ? [[gate, waiver]] : []));
  expect(waivers).toEqual([["eval.baseline", expect.objectContaining(said)]]);
});
