import { describe, expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { type Draft, evalChange, failures, item, put, situationOf, weights } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { decide } from "../decision/decide.ts";

/** One change of a passing situation, and exactly what it must break. */
const cases: readonly (readonly [what: string, change: (parts: Draft) => void, expected: readonly string[]])[] = [
  ["nothing changed", () => {}, []],
  ["nobody asks yet", (d) => (d.requester = undefined), []],

  ["no signature", (d) => put(d, "signature"), ["signature MREG-E101"]],
  ["signed by somebody without a role", (d) => put(d, "signature", { by: "norman" }), ["signature MREG-E102"]],
  ["no owner", (d) => (d.situation = { owner: " " }), ["owner MREG-E110"]],

  ["no card", (d) => put(d, "card"), ["card MREG-E101"]],
  ["card by the wrong role", (d) => put(d, "card", { by: "lea" }), ["card MREG-E102"]],
  [
    "card lacks a field",
    (d) => put(d, "card", { predicate: predicates.card({ limitations: undefined }) }),
    ["card MREG-E105"],
  ],
  ["card is malformed", (d) => put(d, "card", { predicate: { fields: {} } }), ["card MREG-E104"]],
  [
    "malformed card beside a good one",
    (d) => d.items.push(item("card", { fields: {} }, "ci", "second card")),
    ["card MREG-E104"],
  ],
  [
    "malformed card by the wrong role is invisible",
    (d) => d.items.push(item("card", { fields: {} }, "norman", "second card")),
    [],
  ],

  ["no lineage", (d) => put(d, "lineage"), ["lineage MREG-E101"]],
  [
    "lineage without code",
    (d) => put(d, "lineage", { predicate: predicates.lineage({ resolvedDependencies: [] }) }),
    ["lineage MREG-E105"],
  ],
  [
    "provenance of something else than training",
    (d) => put(d, "lineage", { predicate: predicates.lineage({ buildType: "https://example.com/image/v1" }) }),
    ["lineage MREG-E101"],
  ],

  ["no eval", (d) => put(d, "eval"), ["eval MREG-E101"]],
  ["eval by the wrong role", (d) => put(d, "eval", { by: "mike" }), ["eval MREG-E102"]],
  ["eval is partial", (d) => put(d, "eval", evalChange({ partial: true })), ["eval MREG-E204"]],
  ["eval states no threshold", (d) => put(d, "eval", evalChange({ claims: [] })), ["eval MREG-E206"]],
  [
    "eval missed its own threshold",
    (d) => put(d, "eval", evalChange({}, "0.87")),
    ["eval MREG-E206", "eval.baseline MREG-E201"],
  ],
  [
    "eval contradicts itself",
    (d) =>
      put(
        d,
        "eval",
        evalChange({ claims: [{ metric: "loans.accuracy", comparator: ">=", threshold: "0.95", passed: true }] }),
      ),
    // What cannot be read might be about the canary, too.
    ["eval MREG-E104", "canary MREG-E104"],
  ],
  [
    "eval from the future",
    (d) => put(d, "eval", evalChange({ evaluatedAt: "2026-11-20T12:06:00Z" })),
    ["eval MREG-E106"],
  ],
  ["eval within clock skew", (d) => put(d, "eval", evalChange({ evaluatedAt: "2026-11-20T12:04:00Z" })), []],
  ["equal to the champion", (d) => put(d, "eval", evalChange({}, "0.900")), []],
  [
    "worse than the champion by a hair",
    (d) => put(d, "eval", evalChange({}, "0.89999999999999999999")),
    ["eval.baseline MREG-E201"],
  ],
  ["canary worse, within what may be lost", (d) => put(d, "canary", { predicate: predicates.canary("0.905") }), []],
  [
    "canary worse by more",
    (d) => put(d, "canary", { predicate: predicates.canary("0.9049") }),
    ["canary.baseline MREG-E201"],
  ],
  [
    "a newer failure decides over an older pass",
    (d) => d.items.push(item("eval", predicates.eval("0.80", { evaluatedAt: "2026-11-11T00:00:00Z" }), "ci", "newer")),
    ["eval MREG-E206", "eval.baseline MREG-E201"],
  ],
  [
    "an older failure does not count",
    (d) => d.items.push(item("eval", predicates.eval("0.80", { evaluatedAt: "2026-11-09T00:00:00Z" }), "ci", "older")),
    [],
  ],
  [
    "of two at one time both must pass",
    (d) => d.items.push(item("eval", predicates.eval("0.80"), "ci", "twin")),
    ["eval MREG-E206", "eval.baseline MREG-E201"],
  ],
  [
    "a newer failure by the wrong role is invisible",
    (d) =>
      d.items.push(item("eval", predicates.eval("0.80", { evaluatedAt: "2026-11-11T00:00:00Z" }), "norman", "newer")),
    [],
  ],
  [
    "champion ran another suite version",
    (d) => put(d, "eval", evalChange({ suite: { name: "core", version: "2027Q1" } })),
    ["eval.baseline MREG-E203"],
  ],
  [
    "champion ran on other data",
    (d) => put(d, "eval", evalChange({ dataset: { uri: "hf://other", digest: { sha256: "ab".repeat(32) } } })),
    ["eval.baseline MREG-E203"],
  ],
  [
    "champion ran under another harness major",
    (d) => put(d, "eval", evalChange({ harness: { name: "loan-eval", version: "3.0.0" } })),
    ["eval.baseline MREG-E203"],
  ],
  [
    "another harness minor compares",
    (d) => put(d, "eval", evalChange({ harness: { name: "loan-eval", version: "2.9.1" } })),
    [],
  ],
  [
    "champion has no canary",
    (d) => (d.champion = { items: [item("eval", predicates.eval("0.90"), "ci", "champion eval")] }),
    ["canary.baseline MREG-E203"],
  ],
  [
    "the suite that the policy names",
    (d) => (d.yaml = (yaml) => yaml.replace("    # suite: risk-core", "    suite: core@2026Q4")),
    [],
  ],
  [
    "another version of the suite than the policy names",
    (d) => (d.yaml = (yaml) => yaml.replace("    # suite: risk-core", "    suite: core@2027Q1")),
    ["eval MREG-E101"],
  ],
  [
    "eval older than the policy lets it be",
    (d) => (d.yaml = (yaml) => yaml.replace("    # maxAge: 14d", "    maxAge: 10d")),
    ["eval MREG-E103"],
  ],
  [
    "a metric that is better high for one and low for the other",
    (d) => {
      const results = [{ task: "loans", metric: "accuracy", value: "0.91", higherIsBetter: false }];
      put(d, "eval", evalChange({ results }));
    },
    ["eval.baseline MREG-E203"],
  ],
  [
    "lower is better, and it is lower",
    (d) => {
      const latency = (value: string) => ({
        results: [{ task: "loans", metric: "p95", value, higherIsBetter: false }],
        claims: [{ metric: "loans.p95", comparator: "<=", threshold: "100", passed: true }],
      });
      put(d, "eval", evalChange(latency("41.2")));
      d.champion?.items.splice(0, 1, item("eval", predicates.eval("0", latency("41.20")), "ci", "champion eval"));
    },
    [],
  ],
  [
    "harness unknown for one of the two",
    (d) => put(d, "eval", evalChange({ harness: undefined })),
    ["eval.baseline MREG-E203"],
  ],
  [
    "champion's eval is by the wrong role",
    (d) => {
      d.champion?.items.splice(0, 1, item("eval", predicates.eval("0.90"), "mike", "champion eval"));
    },
    ["eval.baseline MREG-E203"],
  ],
  [
    "champion's eval cannot be read",
    (d) => {
      d.champion?.items.splice(0, 1, item("eval", {}, "ci", "champion eval"));
    },
    ["eval.baseline MREG-E104", "canary.baseline MREG-E104"],
  ],
  [
    "champion's canary counts however old it is",
    (d) => {
      d.yaml = (yaml) => yaml.replaceAll("    # maxAge: 7d", "    maxAge: 11d");
      d.champion?.items.splice(
        1,
        1,
        item("canary", predicates.canary("0.91", { evaluatedAt: "2025-01-01T00:00:00Z" }), "ci", "old canary"),
      );
    },
    [],
  ],
  [
    "a metric of the champion was not measured",
    (d) =>
      put(
        d,
        "eval",
        evalChange({
          results: [{ task: "loans", metric: "f1", value: "0.99", higherIsBetter: true }],
          claims: [{ metric: "loans.f1", comparator: ">=", threshold: "0.9", passed: true }],
        }),
      ),
    ["eval.baseline MREG-E203"],
  ],
  ["first version: nothing to compare with", (d) => (d.champion = undefined), []],
  [
    "first version under a policy that denies that",
    (d) => {
      d.champion = undefined;
      d.yaml = (yaml) => yaml.replace('minImprovement: "0", ifNone: allow', 'minImprovement: "0", ifNone: deny');
    },
    ["eval.baseline MREG-E207"],
  ],

  [
    "a card without its fields, attached at a time that is none",
    (d) =>
      put(d, "card", { predicate: predicates.card({ limitations: undefined }), attachedAt: "2026-13-01T00:00:00Z" }),
    ["card MREG-E105"],
  ],
  ["no canary", (d) => put(d, "canary"), ["canary MREG-E101"]],
  ["an offline eval is no canary", (d) => put(d, "canary", { predicate: predicates.eval() }), ["canary MREG-E101"]],

  ["no scan", (d) => put(d, "scan"), ["scan MREG-E101"]],
  [
    "scan failed",
    (d) => put(d, "scan", { predicate: predicates.scan([weights], { result: "FAILED", failedTests: ["x"] }) }),
    ["scan MREG-E210"],
  ],
  [
    "scan read another file",
    (d) => put(d, "scan", { predicate: predicates.scan([digestOf("other")]) }),
    ["scan MREG-E211"],
  ],
  [
    "scan is old",
    (d) => put(d, "scan", { predicate: predicates.scan([weights], { scannedAt: "2026-08-01T00:00:00Z" }) }),
    ["scan MREG-E103"],
  ],
  [
    "scan claims no time at all",
    (d) =>
      put(d, "scan", {
        predicate: predicates.scan([weights], { scannedAt: undefined }),
        attachedAt: undefined,
      }),
    ["scan MREG-E103"],
  ],
  [
    "scan only warns",
    (d) => put(d, "scan", { predicate: predicates.scan([weights], { result: "WARNED", warnedTests: ["y"] }) }),
    ["scan MREG-E210"],
  ],
  [
    "scan read one of seven files",
    (d) => {
      const files = Array.from({ length: 6 }, (_, at) => ({ path: `part-${at}`, digest: digestOf(`part ${at}`) }));
      d.situation = { weights: [{ path: "model.safetensors", digest: weights }, ...files] };
    },
    ["scan MREG-E211"],
  ],
  [
    "a policy that lets scans leave files out",
    (d) => {
      put(d, "scan", { predicate: predicates.scan([digestOf("other")]) });
      d.yaml = (yaml) => yaml.replace("coverAllFiles: true", "coverAllFiles: false");
    },
    [],
  ],
  [
    "another test is no scan",
    (d) => put(d, "scan", { predicate: { result: "PASSED", configuration: [{ name: "unit tests" }] } }),
    ["scan MREG-E101"],
  ],

  ["no runbook", (d) => put(d, "runbook"), ["runbook MREG-E101"]],
  [
    "rollback plan names nothing that was served",
    (d) => put(d, "rollback", { predicate: predicates.document("rollback-plan", [digestOf("other")]) }),
    ["rollback MREG-E220"],
  ],
  [
    "rollback plan names what has been retired",
    (d) => {
      d.served = [
        { version: 1, state: "retired" },
        { version: 3, state: "production" },
      ];
    },
    ["rollback MREG-E220"],
  ],
  [
    "rollback plan names something served earlier",
    (d) => {
      d.served = [
        { version: 1, state: "production" },
        { version: 3, state: "production" },
      ];
    },
    [],
  ],
];

describe("evidence gates", () => {
  test.each(cases)("evidence gates: %s", (_what, change, expected) => {
    const decision = decide(situationOf(change));
    expect(failures(decision)).toEqual(expected);
    expect(decision.allowed).toBe(expected.length === 0);
  });
});
