import { describe, expect, it } from "vitest";
import type { Eval } from "./eval.ts";
import { EvalPlan, planDepartures } from "./eval-plan.ts";

const metric = { task: "loans", metric: "auc", higherIsBetter: true, comparator: ">=", threshold: "0.90" } as const;
const suite = {
  name: "risk-core",
  version: "2026Q4",
  environment: "offline",
  dataset: { uri: "s3://data/loans", digest: { sha256: "a".repeat(64) } },
  harness: { name: "own", version: "2" },
  seeds: { random: "7" },
  n: 100,
  metrics: [metric],
} as const;
const plan = (changes: Record<string, unknown> = {}) => ({
  plannedAt: "2026-10-01T12:00:00Z",
  suites: [{ ...suite, ...changes }],
  evidence: [],
});

describe("eval plan", () => {
  it("accepts a plan", () => {
    expect(EvalPlan.parse(plan())).toEqual(plan());
  });

  it.each([
    ["a threshold without a comparator", { metrics: [{ ...metric, comparator: undefined }] }],
    ["a comparator without a threshold", { metrics: [{ ...metric, threshold: undefined }] }],
    ["a threshold that points the other way", { metrics: [{ ...metric, higherIsBetter: false }] }],
    ["a metric twice", { metrics: [metric, metric] }],
    ["no metric", { metrics: [] }],
    ["an unknown key", { metrcs: [] }],
    ["no sample", { n: 0 }],
  ])("refuses %s", (_, changes) => {
    expect(EvalPlan.safeParse(plan(changes)).success).toBe(false);
  });

  it("refuses one suite twice, and takes it once per environment", () => {
    expect(EvalPlan.safeParse({ ...plan(), suites: [suite, suite] }).success).toBe(false);
    expect(EvalPlan.safeParse({ ...plan(), suites: [suite, { ...suite, environment: "canary" }] }).success).toBe(true);
  });
});

describe("planDepartures", () => {
  const result = (changes: Partial<Eval> = {}): Eval => ({
    evaluatedAt: "2026-10-02T12:00:00Z",
    environment: "offline",
    origin: "executed",
    suite: { name: "risk-core", version: "2026Q4" },
    results: [{ task: "loans", metric: "auc", value: "0.1", n: 100, higherIsBetter: true }],
    claims: [],
    partial: false,
    dataset: suite.dataset,
    harness: suite.harness,
    seeds: { random: "7", numpy: "8" },
    evidence: [],
    ...changes,
  });
  const departures = (changes: Partial<Eval>) => planDepartures(EvalPlan.parse(plan()), result(changes));

  it("finds none in a run that holds to it, whatever the numbers are", () => {
    expect(departures({})).toEqual([]);
  });

  const [measured] = result().results;
  it.each<[string, Partial<Eval>, string]>([
    ["another suite version", { suite: { name: "risk-core", version: "2027Q1" } }, "risk-core@2027Q1 was not planned"],
    ["another environment", { environment: "canary" }, "environment is canary, planned was offline"],
    [
      "no data set digest",
      { dataset: { uri: "s3://data/loans" } },
      "data set digest is not stated, planned was sha256:",
    ],
    ["another harness version", { harness: { name: "own", version: "3" } }, "harness version is 3, planned was 2"],
    ["another seed", { seeds: { random: "8" } }, "seed random is 8, planned was 7"],
    ["no seed", { seeds: {} }, "seed random is not stated, planned was 7"],
    ["fewer samples", { results: [{ ...measured, n: 99 } as never] }, "samples of loans.auc is 99, planned was 100"],
    ["a slice only", { results: [{ ...measured, slice: "a" } as never] }, "loans.auc was planned and not measured"],
    [
      "another direction",
      { results: [{ ...measured, higherIsBetter: false } as never] },
      "direction of loans.auc is lower is better, planned was higher is better",
    ],
  ])("names %s", (_, changes, line) => {
    expect(departures(changes)).toEqual([expect.stringContaining(line)]);
  });

  it("leaves open what the plan leaves out", () => {
    const open = {
      name: "risk-core",
      version: "2026Q4",
      metrics: [{ ...metric, comparator: undefined, threshold: undefined }],
    };
    const loose = EvalPlan.parse({ ...plan(), suites: [open] });
    expect(planDepartures(loose, result({ environment: "shadow", seeds: {}, dataset: { uri: "x" } }))).toEqual([]);
  });
});
