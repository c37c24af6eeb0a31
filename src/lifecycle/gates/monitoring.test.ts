import { expect, test } from "vitest";
import { add, all, type Case, edit, outcome } from "../../../test/support/policy-edits.ts";
import { type Draft, situationOf } from "../../../test/support/situation.ts";
import { decide } from "../decision/decide.ts";

const limit = { comparator: "<=", threshold: "0.2", severity: "breach", breached: false };
const metric = (change: object = {}) => ({ name: "psi", value: "0.1", category: "drift", limit, ...change });
const report = (change: object = {}) => ({
  ...{ observedAt: "2026-11-19T00:00:00Z", producer: { name: "evidently" }, metrics: [metric()] },
  ...{ status: "ok", evidence: [], ...change },
});
const breach = (name: string) => metric({ name, value: "0.3", limit: { ...limit, breached: true } });
const watched = (rule: string, ...reports: object[]) =>
  all(
    edit(
      "  runbook: {document: runbook}",
      `  watched: {predicate: monitoring, signedBy: [ci], ${rule}}\n  runbook: {document: runbook}`,
    ),
    edit("scan, canary, rollback, runbook]", "scan, canary, rollback, runbook, watched]"),
    ...reports.map((one, at) => add("monitoring", one, "ci", `report ${at}`)),
  );
const drift = "maxAge: 7d, categories: [drift]";

test.each<Case>([
  ["a report", watched(drift, report()), []],
  ["no report", watched(drift), ["watched MREG-E101"]],
  ["a breach", watched(drift, report({ metrics: [breach("psi")], status: "breach" })), ["watched MREG-E260"]],
  ["a breach that claims to be fine", watched(drift, report({ metrics: [breach("psi")] })), ["watched MREG-E104"]],
  ["nothing watches", watched("categories: [fairness]", report()), ["watched MREG-E261"]],
  ["an old report", watched(drift, report({ observedAt: "2026-11-10T00:00:00Z" })), ["watched MREG-E103"]],
  [
    "a condition that does not hold",
    watched(`${drift}, conditions: [{cel: "p.producer.name == 'x'", message: it is x}]`, report()),
    ["watched.conditions MREG-E250"],
  ],
])("monitoring: %s", (_what, change, expected) => {
  expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
});

test.each<readonly [what: string, change: (d: Draft) => void, reason: string, passed: boolean]>([
  ["a report", watched(drift, report()), "ok", true],
  ["two reports", watched(drift, report(), report()), "ok", true],
  [
    "one of two reports watches",
    watched(drift, report(), report({ metrics: [metric({ name: "gap", category: "fairness" })] })),
    "nothing with a limit watches drift",
    false,
  ],
  [
    "one of two metrics watches",
    watched(drift, report({ metrics: [metric({ name: "gap", category: "fairness" }), metric()] })),
    "ok",
    true,
  ],
  [
    "a metric without a limit",
    watched(drift, report({ metrics: [metric({ limit: undefined }), metric({ name: "gap", category: "fairness" })] })),
    "nothing with a limit watches drift",
    false,
  ],
  [
    "a breach",
    watched(drift, report({ metrics: [metric(), breach("kl")], status: "breach" })),
    "monitoring says breach: kl 0.3, expected ok",
    false,
  ],
  [
    "a breach and a failure",
    watched(drift, report({ metrics: [breach("kl")], status: "breach", failures: ["no data"] })),
    "monitoring says breach: kl 0.3, no data, expected ok",
    false,
  ],
  [
    "nothing to judge by",
    watched("maxAge: 7d", report({ metrics: [metric({ limit: undefined })], status: "unjudged" })),
    "monitoring says unjudged, expected ok",
    false,
  ],
])("monitoring: %s: %s", (_what, change, reason, passed) => {
  const gate = decide(situationOf(change)).gates.find((one) => one.gate === "watched");
  expect(gate).toMatchObject({ passed, reason });
});
