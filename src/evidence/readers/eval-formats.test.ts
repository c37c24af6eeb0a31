import { describe, expect, it } from "vitest";
import { evalSamples, helmSpec, helmStats, inspectHeader } from "../../../test/support/eval/samples.ts";
import { draftOf, fileOf, now, refusedWith } from "../../../test/support/evidence.ts";
import { draftEvidence } from "../draft.ts";
import type { EvidenceSource } from "../evidence-file.ts";
import { evidenceFiles } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import type { Eval } from "../predicates/eval.ts";
import { unpackEvaluation } from "./eval-archive.ts";
import { EvalFiles } from "./eval-files.ts";
import { detectEval, evalFormats } from "./eval-formats.ts";

const told = { observedAt: "2026-11-01T00:00:00Z", suite: { name: "risk", version: "1" } };
const drafted = (files: readonly EvidenceSource[], input: Partial<EvidenceInput> = {}) =>
  draftEvidence("eval", { files, now, ...input }).predicate as unknown as Eval;
const read = async (name: string) => {
  const { files, input } = evalSamples[name] ?? { files: [] };
  return drafted(await Promise.all(files.map(unpackEvaluation)), input);
};
const one = (path: string, content: unknown, input: Partial<EvidenceInput> = told) =>
  draftOf("eval", path, content, input).predicate as unknown as Eval;

describe("detection", () => {
  it.each(Object.entries(evalSamples))("%s", async (_, { format, files, input = {} }) => {
    const given = evidenceFiles(await Promise.all(files.map(unpackEvaluation)));
    expect(detectEval({ files: new EvalFiles(given), input: { now, ...input } }).format.name).toBe(format);
  });

  it("knows each format by one sample at least", () => {
    const known = new Set(Object.values(evalSamples).map(({ format }) => format));
    expect(evalFormats.map(({ name }) => name).filter((name) => !known.has(name))).toEqual(["mreg"]);
  });

  it("lists what was tried, and the way out", () => {
    const error = refusedWith(() => one("a.json", { a: "b" }), "FORMAT_UNKNOWN", /its keys are a; expected one of/);
    for (const { name } of evalFormats) expect(error.message).toContain(`${name} (`);
    expect(error.message).toContain("--map value=<column>");
    refusedWith(() => one("a.txt", "hello"), "FORMAT_UNKNOWN", /it is no JSON; expected/);
  });

  it("refuses what looks like two formats, and obeys --from", () => {
    const [log] = evalSamples["Inspect AI, JSON"]?.files ?? [];
    const both = { ...JSON.parse(Buffer.from(log?.bytes ?? []).toString()), results: [], suite: told.suite };
    refusedWith(() => one("x.json", both), "FORMAT_UNKNOWN", /--from mreg or --from inspect/);
    const from = (format: string) => one("x.json", both, { ...told, eval: { format } });
    refusedWith(() => from("mreg"), "EVIDENCE_INVALID", /Unrecognized keys/);
    refusedWith(() => from("inspect"), "EVIDENCE_INCOMPLETE", /it has no results, its status is success/);
    refusedWith(() => from("helm"), "FORMAT_UNKNOWN", /it is not stats.json of HELM/);
    refusedWith(() => from("bogus"), "FORMAT_UNKNOWN", /there is no format bogus, expected one of mreg, lm-eval/);
    expect(
      one("x.json", { gloss: 1 }, { ...told, eval: { format: "metrics", directions: { gloss: "higher" } } }).results,
    ).toHaveLength(1);
  });
});

describe("HELM", () => {
  it("reads a run directory, and its times from the requests", async () => {
    const found = await read("HELM");
    const common = { task: "mmlu:subject=law", metric: "exact_match", higherIsBetter: true };
    expect(found).toMatchObject({
      evaluatedAt: "2025-10-20T22:41:40Z",
      startedAt: "2025-10-20T22:40:00Z",
      suite: { name: "mmlu:subject=law", version: "5shot" },
      partial: false,
    });
    expect(found.results).toEqual([
      { ...common, value: "0.5", n: 100, split: "test" },
      { ...common, value: "0.25", slice: "split=valid", split: "valid" },
      { ...common, value: "0.125", n: 100, slice: "perturbation=typos,computed_on=worst", split: "test" },
    ]);
    expect(found.evidence[0]?.name).toBe("stats.json");
  });

  it("asks for run_spec.json, and for the direction of what nobody knows", () => {
    refusedWith(() => one("stats.json", helmStats), "EVIDENCE_INCOMPLETE", /run_spec.json is not among the files/);
    const odd = [...helmStats, { ...helmStats[1], name: { name: "gloss", split: "test" } }];
    const files = [fileOf("stats.json", odd), fileOf("run_spec.json", helmSpec)];
    refusedWith(() => drafted(files, told), "EVIDENCE_INCOMPLETE", /--direction gloss=/);
    expect(drafted(files, { ...told, eval: { directions: { gloss: "ignore" } } }).results).toHaveLength(3);
  });
});

describe("Hugging Face", () => {
  it("evaluate.save: text is a note, and a time without a zone is none", async () => {
    expect((await read("Hugging Face evaluate")).results).toEqual([
      { task: "risk", metric: "accuracy", value: "0.93", higherIsBetter: true },
      { task: "risk", metric: "f1", value: "0.91", higherIsBetter: true },
    ]);
    const saved = { accuracy: 0.9, lr: 0.1, _evaluate_version: "0.4.6", _timestamp: "2026-11-01T00:00:00" };
    const error = refusedWith(
      () => one("r.json", saved, {}),
      "EVIDENCE_INCOMPLETE",
      /it lacks suite .*when it ran.*lr=/,
    );
    expect(error.missing).toEqual(["suite", "evaluatedAt", "lr"]);
  });

  it(".eval_results: takes all files, and the oldest date", async () => {
    expect(await read(".eval_results")).toMatchObject({
      evaluatedAt: "2026-01-10T00:00:00Z",
      suite: { name: "hf-eval-results", version: "unversioned" },
      results: [
        { task: "cais/hle/default", metric: "score", value: "22.90", dataset: { annotations: { revision: "abc" } } },
        { task: "Idavidrein/gpqa/diamond", value: "0.412" },
      ],
    });
  });

  it("model-index: names tasks by their data", async () => {
    const common = { task: "glue/sst2", split: "validation" };
    expect((await read("model-index")).results).toMatchObject([
      { ...common, metric: "accuracy", value: "0.910", higherIsBetter: true },
      { ...common, metric: "loss", value: "0.3", higherIsBetter: false },
    ]);
    refusedWith(
      () => one("README.md", "---\nmodel-index:\n- name: x\n"),
      "EVIDENCE_INVALID",
      /front matter does not end/,
    );
    const percent = "---\nmodel-index:\n- results:\n  - metrics: [{type: accuracy, value: 92.3%}]\n---\n";
    refusedWith(() => one("README.md", percent), "EVIDENCE_INVALID", /"92.3%" is not a finite/);
  });

  it("trainer_state.json: takes the evaluation of the step that was saved", async () => {
    expect((await read("trainer_state.json")).results).toEqual([
      { task: "risk", metric: "accuracy", value: "0.8", higherIsBetter: true, split: "eval" },
      { task: "risk", metric: "loss", value: "0.5", higherIsBetter: false, split: "eval" },
    ]);
    const state = { global_step: 30, log_history: [{ eval_loss: 1, step: 20 }] };
    refusedWith(
      () => one("trainer_state.json", state),
      "EVIDENCE_INVALID",
      /of step 20, and the weights are those of step 30/,
    );
    refusedWith(() => one("s.json", { ...state, log_history: [] }), "EVIDENCE_INCOMPLETE", /no evaluation/);
  });

  it("all_results.json: other splits than the first are slices, and training is none", async () => {
    const common = { task: "risk", metric: "accuracy", higherIsBetter: true };
    expect((await read("all_results.json")).results).toEqual([
      { ...common, value: "0.86", n: 872, split: "eval" },
      { ...common, metric: "loss", higherIsBetter: false, value: "0.41", n: 872, split: "eval" },
      { ...common, value: "0.84", n: 1821, slice: "split=predict", split: "predict" },
    ]);
  });
});

describe("records and metrics", () => {
  it("Every Eval Ever", async () => {
    expect(await read("Every Eval Ever")).toMatchObject({
      evaluatedAt: "2026-10-20T00:00:00Z",
      suite: { name: "core", version: "unversioned" },
      results: [
        {
          task: "loans",
          metric: "wer",
          value: "0.12",
          stderr: "0.01",
          n: 50,
          higherIsBetter: false,
          dataset: { uri: "https://example.com/loans" },
        },
      ],
    });
  });

  it("OpenAI evals: counts samples and knows its clock", async () => {
    expect(await read("OpenAI evals")).toMatchObject({
      startedAt: "2026-04-25T12:00:00Z",
      finishedAt: "2026-04-25T12:00:04Z",
      suite: { name: "test-match", version: "simple-v0" },
      results: [{ metric: "accuracy", value: "0.5", stderr: "0.25", n: 2, split: "s1" }],
      seeds: { run: "20220722" },
      partial: false,
    });
    const [record] = evalSamples["OpenAI evals"]?.files ?? [];
    const text = Buffer.from(record?.bytes ?? []).toString();
    const lines = text.trimEnd().split("\n");
    refusedWith(() => one("r.jsonl", lines.slice(0, 3).join("\n")), "EVIDENCE_INCOMPLETE", /no final_report/);
    refusedWith(() => one("r.jsonl", text + text, {}), "EVIDENCE_INVALID", /spec twice/);
    refusedWith(() => one("r.jsonl", `${text}[]\n`, {}), "EVIDENCE_INVALID", /line 5 is no JSON object/);
    refusedWith(() => one("r.jsonl", text.replace("0.5", "NaN"), {}), "EVIDENCE_INVALID", /line 4: it holds NaN/);
    expect(one("r.jsonl", text.replace('"max_samples":null', '"max_samples":2'), {}).partial).toBe(true);
  });

  it("dvc metrics show: reads the workspace", async () => {
    expect((await read("dvc metrics show")).results.map(({ task, metric, value }) => [task, metric, value])).toEqual([
      ["risk", "auc", "0.91"],
      ["test", "f1", "0.8"],
      ["test", "loss", "0.001"],
    ]);
    const revision = { data: { "m.json": { data: { auc: 1 } } } };
    refusedWith(() => one("d.json", { a: revision, b: revision }), "EVIDENCE_INVALID", /2 revisions and no workspace/);
    const broken = { "": { data: { "m.json": { error: { type: "YAMLSyntaxError", msg: "x" } } } } };
    refusedWith(() => one("d.json", broken), "EVIDENCE_INVALID", /dvc could not read m.json: YAMLSyntaxError/);
  });

  it("metrics in YAML keep their digits, and no infinity hides in them", async () => {
    expect((await read("DVC metrics in YAML")).results.map(({ value }) => value)).toEqual(["0.910", "0.8"]);
    refusedWith(() => one("m.yaml", "auc: 0.9\nloss: .inf\n"), "EVIDENCE_INVALID", /loss is .inf, expected a finite/);
    refusedWith(() => one("m.json", '{"auc": Infinity}'), "EVIDENCE_INVALID", /Infinity/);
  });

  it("MLflow: counts rows, and leaves out percentiles", async () => {
    expect((await read("MLflow evaluation")).results).toEqual([
      { task: "risk", metric: "accuracy_score", value: "0.5", n: 2, higherIsBetter: true },
      { task: "risk", metric: "toxicity/v1/mean", value: "0.1", n: 2, higherIsBetter: false },
    ]);
    const files = [
      fileOf("metrics.json", { example_count: 3, f1_score: 1 }),
      fileOf("t.json", { columns: ["a"], data: [[1]] }),
    ];
    refusedWith(
      () => drafted(files, told),
      "EVIDENCE_INVALID",
      /example_count is 3, and the table of results has 1 rows/,
    );
  });
});

describe("--map", () => {
  it("CSV with the names of the fields: the oldest row dates all", async () => {
    expect(await read("CSV with the names of the fields")).toMatchObject({
      evaluatedAt: "2026-10-01T00:00:00Z",
      results: [
        { task: "loans", metric: "auc", value: "0.910", stderr: "0.01", n: 100 },
        { task: "loans", metric: "auc", slice: "age<25, all", value: "0.88", n: 9 },
      ],
    });
  });

  it.each([
    [
      "CSV with --map",
      [
        ["loans", "auc", "0.91"],
        ["loans", "log_loss", "0.3"],
        ["cards", "auc", "0.8"],
        ["cards", "log_loss", "0.4"],
      ],
    ],
    ["flat JSON with --map", [["loans", "auc", "0.91"]]],
    [
      "JSON lines with --map",
      [
        ["risk", "f1", "0.5"],
        ["risk", "mae", "2"],
      ],
    ],
  ])("%s", async (name, expected) => {
    expect((await read(name)).results.map(({ task, metric, value }) => [task, metric, value])).toEqual(expected);
  });

  const mapped = (content: unknown, map: Record<string, string>, path = "x.csv") =>
    one(path, content, { ...told, eval: { map } });
  it.each<[string, () => unknown, RegExp]>([
    ["an unknown field", () => mapped("a,b\n1,2", { vlaue: "a" }), /--map vlaue is no field/],
    ["no value", () => mapped("a,b\n1,2", { metric: "a" }), /--map places no value/],
    ["a row without a metric", () => mapped("m,v\n,2", { metric: "m", value: "v" }), /a row has no metric/],
    ["nan", () => mapped("m,v\nauc,nan", { metric: "m", value: "v" }), /auc is nan, expected a finite number/],
    ["an empty cell", () => mapped("m,v\nauc,", { metric: "m", value: "v" }), /"" is not a finite/],
    ["one name twice", () => mapped("m,v\nauc,1\nauc,2", { metric: "m", value: "v" }), /risk.auc is there twice/],
    ["a row too short", () => mapped("m,v\nauc\n", { metric: "m", value: "v" }), /line 2 has 1 cells, expected 2/],
    ["an open quote", () => mapped('m,v\n"auc,1', { metric: "m", value: "v" }), /a quote that never ends/],
    ["text behind a quote", () => mapped('m,v\n"auc"x,1', { metric: "m", value: "v" }), /text behind a closing quote/],
    ["two columns of one name", () => mapped("v,v\n1,2", { "value:auc": "v" }), /two of its columns have one name/],
    [
      "an odd direction",
      () => mapped("m,v,d\nauc,1,up", { metric: "m", value: "v", direction: "d" }),
      /direction is "up"/,
    ],
  ])("refuses %s", (_, work, message) => {
    refusedWith(work, "EVIDENCE_INVALID", message);
  });

  it("refuses what has no rows", () => {
    refusedWith(() => mapped("just text", { metric: "m", value: "v" }), "FORMAT_UNKNOWN", /neither JSON nor CSV/);
    refusedWith(() => mapped([1], { "value:auc": "v" }, "x.json"), "FORMAT_UNKNOWN", /no list of objects/);
  });
});

describe("what the caller adds", () => {
  const metrics = { auc: 0.9 };
  it("is in the statement", () => {
    const dataset = { uri: "s3://d", digest: { sha256: "a".repeat(64) } };
    const plan = `sha256:${"b".repeat(64)}` as const;
    const found = one("m.json", metrics, {
      ...told,
      environment: "shadow",
      eval: { dataset, seeds: { random: "7" }, plan: plan as never },
    });
    expect(found).toMatchObject({
      environment: "shadow",
      dataset,
      seeds: { random: "7" },
      suite: { name: "risk", version: "1", plan: { digest: { sha256: "b".repeat(64) } } },
    });
  });

  it("never overrules the file", () => {
    const log = (input: EvidenceInput["eval"]) =>
      one("log.json", inspectHeader, { eval: input as NonNullable<typeof input> });
    refusedWith(
      () => log({ dataset: { uri: "other" } }),
      "EVIDENCE_INVALID",
      /ran on capitals, but other was asked for/,
    );
    refusedWith(() => log({ seeds: { generation: "1" } }), "EVIDENCE_INVALID", /its seed generation is 42, not 1/);
    const digest = { sha256: "a".repeat(64) };
    expect(log({ dataset: { uri: "capitals", digest } }).dataset).toEqual({ uri: "capitals", digest });
  });
});
