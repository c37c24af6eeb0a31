import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { draftOf, refusedWith } from "../../../test/support/evidence.ts";
import type { Monitoring } from "../predicates/monitoring.ts";

const fixtures = join(import.meta.dirname, "../../../test/fixtures/monitoring");
const observedAt = "2026-10-08T06:00:00Z";

function monitoringOf(content: unknown, options = {}): Monitoring {
  const draft = draftOf("monitoring", "drift.json", content, options);
  expect(draft.predicateType).toBe("https://mreg.dev/monitoring/v1");
  return draft.predicate as Monitoring;
}

/** Limits by metric: `<= 0.2 breached`. */
function limits({ metrics }: Monitoring): Record<string, string> {
  return Object.fromEntries(
    metrics.flatMap(({ name, value, limit }) =>
      limit
        ? [[name, `${value} ${limit.comparator} ${limit.threshold}${limit.breached ? ` ${limit.severity}` : ""}`]]
        : [],
    ),
  );
}

const report = (metric: object, rest: object = {}) => ({
  observedAt,
  producer: "ours",
  metrics: [{ name: "psi.max", ...metric }],
  ...rest,
});

describe("monitoring: generic JSON", () => {
  it("computes the status from value and threshold", () => {
    const statuses = ["0.1", "0.2", "0.20001"].map(
      (value) => monitoringOf(report({ value, threshold: "0.2", comparator: "<=" })).status,
    );
    expect(statuses).toEqual(["ok", "ok", "breach"]);
    expect(monitoringOf(report({ value: 0.3, threshold: 0.2, comparator: "<=", severity: "warn" })).status).toBe(
      "warn",
    );
    expect(monitoringOf(report({ value: 0.3 })).status).toBe("unjudged");
  });

  it.each([
    ["a metric that passed and did not", { value: 0.31, threshold: 0.2, comparator: "<=", passed: true }, {}],
    ["a metric that is not breached and is", { value: 0.31, threshold: 0.2, comparator: "<=", breached: false }, {}],
    ["a status of its own", { value: 0.31, threshold: 0.2, comparator: "<=", status: "ok" }, {}],
    [
      "a limit in the predicate's shape",
      { value: 0.31, limit: { comparator: "<=", threshold: "0.2", breached: false } },
      {},
    ],
  ])("refuses %s, by name", (_, metric, rest) => {
    const message = /psi\.max is said to have passed, but its value is 0\.31 and its limit <= 0\.2/;
    refusedWith(() => monitoringOf(report(metric, rest)), "EVIDENCE_INVALID", message);
  });

  it.each([{ status: "ok" }, { passed: true }, { status: "PASSED" }])(
    "refuses a report that calls itself fine: %o",
    (said) => {
      const metric = { value: 0.31, threshold: 0.2, comparator: "<=" };
      refusedWith(
        () => monitoringOf(report(metric, said)),
        "EVIDENCE_INVALID",
        /it passed, but .* breach \(psi\.max\)/,
      );
    },
  );

  it("refuses a pass that no number stands behind", () => {
    refusedWith(
      () => monitoringOf(report({ value: 0.3, passed: true })),
      "EVIDENCE_INCOMPLETE",
      /passed without a threshold/,
    );
    refusedWith(() => monitoringOf(report({ value: 0.3 }, { status: "ok" })), "EVIDENCE_INVALID", /make it unjudged/);
  });

  it("keeps slices, counts, window and what was served", () => {
    const metric = { value: "0.91", slice: "region=north", n: 1200, category: "performance" };
    const served = { digest: { sha256: "a".repeat(64) } };
    const window = { start: "2026-10-01T00:00:00Z", end: "2026-10-08T00:00:00Z" };
    const { evidence, ...predicate } = monitoringOf(report(metric, { served, window }));
    expect(predicate).toEqual({
      observedAt,
      producer: { name: "ours" },
      metrics: [{ name: "psi.max", ...metric }],
      served,
      window,
      status: "unjudged",
    });
    expect(evidence).toHaveLength(1);
  });

  it.each([
    ["no time", { metrics: [{ name: "a", value: 1 }] }, "EVIDENCE_INCOMPLETE", /--observed-at/],
    ["a time to come", report({ value: 1 }, { observedAt: "2027-01-01T00:00:00Z" }), "EVIDENCE_INVALID", /future/],
    ["a threshold without a comparator", report({ value: 1, threshold: 2 }), "EVIDENCE_INCOMPLETE", /comparator/],
    ["a value that is no number", report({ value: "high" }), "EVIDENCE_INVALID", /metrics\[0\]\.value/],
    ["not a number", `{"observedAt":"${observedAt}","metrics":[{"name":"a","value":NaN}]}`, "EVIDENCE_INVALID", /NaN/],
    [
      "two values under one name",
      {
        observedAt,
        metrics: [
          { name: "a", value: 1 },
          { name: "a", value: 2 },
        ],
      },
      "EVIDENCE_INVALID",
      /twice/,
    ],
    ["no metrics", { observedAt, data: {} }, "FORMAT_UNKNOWN", /expected metrics/],
    ["a key that nobody knows", report({ value: 1, treshold: 2 }), "EVIDENCE_INVALID", /treshold/],
  ] as const)("refuses %s", (_, content, code, message) => {
    refusedWith(() => monitoringOf(content), code, message);
  });
});

describe("monitoring: Evidently", () => {
  const current = readFileSync(join(fixtures, "evidently-0.7.23.json"), "utf8");

  it("judges the tests of a report of 0.7 by their numbers", () => {
    const monitoring = monitoringOf(current, { observedAt });
    expect(monitoring.status).toBe("breach");
    expect(monitoring.producer).toEqual({ name: "evidently" });
    expect(limits(monitoring)).toEqual({
      "ValueDrift.income": "4.061411355205047 < 0.1 breach",
      "ValueDrift.age": "0.21882755768405063 > 0.05",
      "DriftedColumnsCount.share": "0.25 < 0.5",
      RowCount: "300.0 >= 100.0",
      "MissingValueCount.income.count": "0.0 <= 0.0",
      Accuracy: "0.8066666666666666 >= 0.9 breach",
      Precision: "0.8148148148148148 >= 0.1",
      "MinValue.income": "-0.9051732668754875 > -10.0",
    });
    expect(monitoring.failures).toBeUndefined();
  });

  it("records as failed what calls itself a success above its threshold", () => {
    const polished = current.replaceAll('"status": "FAIL"', '"status": "SUCCESS"');
    expect(monitoringOf(polished, { observedAt })).toMatchObject({ status: "breach" });
    const { tests: _, ...untested } = JSON.parse(current);
    const drift = monitoringOf(untested, { observedAt });
    expect(limits(drift)["ValueDrift.income"]).toBe("4.061411355205047 < 0.1 warn");
    expect(drift.status).toBe("warn");
  });

  it("believes a failure that it cannot compute again", () => {
    const odd = current.replaceAll("GreaterOrEqualMetricTest", "SomeNewMetricTest");
    expect(monitoringOf(odd, { observedAt }).failures).toEqual(["Accuracy metric: Greater or Equal 0.900"]);
    const [before = "", after = ""] = current.split('"tests": [{"id": "drift"');
    const lying = `${before}"tests": [{"id": "drift"${after.replace('"status": "SUCCESS"', '"status": "FAIL"')}`;
    expect(monitoringOf(lying, { observedAt }).failures).toEqual(["Value Drift for column age"]);
  });

  it("reads test suites and drift reports of 0.4 to 0.6", () => {
    const suite = monitoringOf(readFileSync(join(fixtures, "evidently-0.7.23-legacy-tests.json")), { observedAt });
    expect(suite).toMatchObject({ status: "breach", producer: { name: "evidently", version: "0.7.23" } });
    expect(limits(suite)).toEqual({
      "Drift per Column.income": "4.061 < 0.1 breach",
      "Number of Rows": "300.0 >= 100",
      "Accuracy Score": "0.8066666666666666 >= 0.9 breach",
      "Share of Missing Values": "0.0 <= 0.05",
      "Min Value": "-0.91 > -10",
    });
    const drift = monitoringOf(readFileSync(join(fixtures, "evidently-0.7.23-legacy-report.json")), { observedAt });
    expect(drift.status).toBe("warn");
    expect(limits(drift)).toMatchObject({
      share_of_drifted_columns: "0.25 < 0.5",
      "drift.target": "0.9708101468750212 >= 0.05",
      "drift.age": "0.21882755768405063 > 0.05",
    });
    expect(limits(drift)["drift.income"]).toMatch(/> 0\.05 warn$/);
  });

  it("needs the time that it is of", () => {
    refusedWith(() => monitoringOf(current), "EVIDENCE_INCOMPLETE", /--observed-at/);
  });
});
