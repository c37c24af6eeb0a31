import { describe, expect, it } from "vitest";
import { draftOf, refusedWith } from "../../../test/support/evidence.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import type { EvalPlan } from "../predicates/eval-plan.ts";

const read = (path: string, content: unknown, options: Partial<EvidenceInput> = {}) =>
  draftOf("eval-plan", path, content, options).predicate as unknown as EvalPlan;

const metric = { task: "loans", metric: "auc", comparator: ">=", threshold: 0.9 };

describe("eval-plan", () => {
  it("reads one suite at the top of a YAML file, its digits as they stand", () => {
    const yaml = `suite: risk-core
version: 2026Q4
n: 1200
seeds: {random: 7}
metrics:
  - {task: loans, metric: auc, comparator: ">=", threshold: 0.90}
  - {task: loans, metric: log_loss, higherIsBetter: false}
`;
    const { evidence, ...plan } = read("plan.yaml", yaml);
    expect(evidence.map(({ name }) => name)).toEqual(["plan.yaml"]);
    expect(plan).toEqual({
      plannedAt: "2026-11-20T12:00:00Z",
      suites: [
        {
          name: "risk-core",
          version: "2026Q4",
          n: 1200,
          seeds: { random: "7" },
          metrics: [
            { task: "loans", metric: "auc", higherIsBetter: true, comparator: ">=", threshold: "0.90" },
            { task: "loans", metric: "log_loss", higherIsBetter: false },
          ],
        },
      ],
    });
  });

  it("reads JSON with several suites and a time of its own", () => {
    const suites = [{ name: "a", version: "1", metrics: [metric] }];
    const plan = read("plan.json", { plannedAt: "2026-11-01T12:00:00+01:00", planner: { id: "ann" }, suites });
    expect(plan).toMatchObject({ plannedAt: "2026-11-01T11:00:00Z", planner: { id: "ann" }, suites: [{ name: "a" }] });
  });

  const suite = (changes: Record<string, unknown>) => ({ suite: "a", version: "1", metrics: [metric], ...changes });
  it.each<[string, unknown, RegExp]>([
    ["no metric", suite({ metrics: [] }), /metrics/],
    ["no direction", suite({ metrics: [{ task: "a", metric: "b" }] }), /higherIsBetter/],
    ["a threshold that is no number", suite({ metrics: [{ ...metric, threshold: "high" }] }), /"high" is not a finite/],
    ["a typo", suite({ seds: {} }), /Unrecognized key/],
    [
      "a typo beside suites",
      { suites: [{ name: "a", version: "1", metrics: [metric] }], plan: "x", sutes: [] },
      /suites|Unrecognized/,
    ],
    ["a time in the future", suite({ plannedAt: "2027-01-01T00:00:00Z" }), /lies in the future/],
    ["no name", { version: "1", metrics: [metric] }, /name/],
  ])("refuses %s", (_, content, message) => {
    refusedWith(() => read("plan.json", content), "EVIDENCE_INVALID", message);
  });
});
