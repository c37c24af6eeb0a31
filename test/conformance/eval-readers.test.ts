import { beforeEach, describe, expect, it } from "vitest";
import { draftEvidence, type Eval, type EvidenceInput } from "../../src/evidence/index.ts";
import { evalVectors, vectorFiles, vectorsAbsent } from "../support/eval/vectors.ts";
import { now, refusedWith } from "../support/evidence.ts";

const read = (name: keyof typeof evalVectors, options: Partial<EvidenceInput> = {}) => {
  const files = vectorFiles(evalVectors[name]);
  return draftEvidence("eval", { files, now, ...options }).predicate as unknown as Eval;
};
const observedAt = "2026-11-01T00:00:00Z";

/** Real results of other tools, read in place: what comes of them is written down here by hand from the files. */
describe("real results", () => {
  beforeEach((context) => {
    const reason = vectorsAbsent();
    if (reason) context.skip(reason);
  });

  it("lm-evaluation-harness", () => {
    const { evidence, ...rest } = read("lmEval");
    expect(evidence.map(({ name }) => name)).toEqual(["results_2026-01-21T03-44-18.458309.json"]);
    const of = (task: string, path: string) => ({
      task,
      metric: "exact_match",
      n: 5000,
      higherIsBetter: true,
      split: "test",
      dataset: { uri: `hf://datasets/stellaathena/${path}` },
    });
    expect(rest).toEqual({
      evaluatedAt: "2026-01-21T02:59:43Z",
      startedAt: "2026-01-21T02:59:43Z",
      finishedAt: "2026-01-21T03:44:20Z",
      environment: "offline",
      origin: "imported",
      suite: { name: "math_perturbed_full+math_rephrased_full", version: "1.0-0shot" },
      results: [
        { ...of("math_perturbed_full", "math_perturbed_5000"), value: "0.0", stderr: "0.0" },
        { ...of("math_rephrased_full", "math_rephrased_full"), value: "0.0004", stderr: "0.0002828144211304471" },
      ],
      claims: [],
      partial: false,
      seeds: { random: "0", numpy: "1234", torch: "1234", fewshot: "1234" },
      harness: { name: "lm_eval", version: "0.4.9.2" },
    });
  });

  it("Inspect AI, stopped after three samples", () => {
    const { evidence: _, ...rest } = read("inspectArc");
    const task = "inspect_evals/arc_easy";
    expect(rest).toEqual({
      evaluatedAt: "2025-10-20T23:12:16Z",
      startedAt: "2025-10-20T23:12:04Z",
      finishedAt: "2025-10-20T23:12:16Z",
      environment: "offline",
      origin: "imported",
      suite: { name: task, version: "0" },
      results: [
        {
          task,
          metric: "accuracy",
          filter: "choice",
          value: "0.3333333333333333",
          stderr: "0.33333333333333337",
          n: 3,
          higherIsBetter: true,
        },
      ],
      claims: [],
      partial: true,
      dataset: { uri: "hf://datasets/allenai/ai2_arc" },
      harness: { name: "inspect_ai", version: "0.3.138.dev45+g23fb0e7e" },
    });
  });

  it.each([
    ["inspectCtf", { partial: false, dataset: { uri: "ic_ctf" }, results: [{ n: 79, value: "0.35443037974683544" }] }],
    ["inspectPubmed", { partial: true, results: [{ n: 2, value: "1.0", stderr: "0.0" }] }],
    ["inspectJudge", { partial: false, results: [{ filter: "simpleqa_scorer", n: 1000, value: "0.431" }] }],
  ] as const)("Inspect AI: %s", (name, expected) => {
    expect(read(name)).toMatchObject(expected);
  });

  const helmRuns = [
    {
      name: "helmMmlu",
      task: "mmlu:subject=philosophy,method=multiple_choice_joint",
      overall: { value: "0.1111111111111111", n: 9, split: "test" },
    },
    {
      name: "helmHellaswag",
      task: "commonsense:dataset=hellaswag,method=multiple_choice_joint",
      overall: { value: "0.3", n: 10, split: "valid" },
    },
  ] as const;
  it.each(helmRuns)("HELM: $name", ({ name, task, overall }) => {
    refusedWith(() => read(name), "EVIDENCE_INCOMPLETE", /stats.json: it lacks when it ran \(--observed-at/);
    const result = read(name, { observedAt });
    expect(result).toMatchObject({ suite: { name: task, version: "5shot" }, partial: true, harness: { name: "helm" } });
    const found = result.results.find((one) => one.metric === "exact_match" && one.slice === undefined);
    expect(found).toEqual({ task, metric: "exact_match", higherIsBetter: true, ...overall });
    expect(result.results.filter((one) => one.metric.startsWith("num_"))).toEqual([]);
    expect(result.results.find((one) => one.metric === "perplexity")?.higherIsBetter).toBe(false);
    expect(new Set(result.results.flatMap(({ slice }) => slice ?? []))).toContain(
      "perturbation=robustness,computed_on=worst",
    );
    expect(result.evidence.map((one) => one.name)).toEqual(["stats.json", "run_spec.json", "scenario.json"]);
  });

  it("HELM: a split beside the first is a slice, and has its own count", () => {
    const found = read("helmMmlu", { observedAt }).results.filter(({ metric }) => metric === "exact_match");
    expect(found).toContainEqual({
      task: "mmlu:subject=philosophy,method=multiple_choice_joint",
      metric: "exact_match",
      slice: "split=valid",
      value: "0.0",
      n: 1,
      higherIsBetter: true,
      split: "valid",
    });
  });

  it("Every Eval Ever", () => {
    refusedWith(() => read("everyEvalEver"), "EVIDENCE_INCOMPLETE", /when it ran/);
    const { suite, results } = read("everyEvalEver", { observedAt });
    expect(suite).toEqual({ name: "hfopenllm_v2", version: "unversioned" });
    expect(results.map(({ task, value }) => [task, value])).toEqual([
      ["IFEval", "0.4486"],
      ["BBH", "0.4224"],
      ["MATH Level 5", "0.0249"],
      ["GPQA", "0.2743"],
      ["MUSR", "0.419"],
      ["MMLU-PRO", "0.1946"],
    ]);
    expect(results[0]).toMatchObject({ higherIsBetter: true, dataset: { uri: "hf://datasets/google/IFEval" } });
  });
});
