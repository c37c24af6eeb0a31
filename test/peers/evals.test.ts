import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { draftEvidence, type Eval, type EvidenceInput, unpackEvaluation } from "../../src/evidence/index.ts";
import { need } from "./support/peers.ts";
import { runOk } from "./support/run.ts";

const support = (name: string) => join(import.meta.dirname, "support", name);

/** What the tools write today, read by `attach`'s readers: fixtures grow old, and these do not. */
describe("evaluations", () => {
  const directory = mkdtempSync(join(tmpdir(), "mreg-evals-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const read = async (path: string, input: Partial<EvidenceInput> = {}): Promise<Eval> => {
    const names = readdirSync(join(directory, path)).map((name) => join(directory, path, name));
    const sources = names.map((name) => ({ path: basename(name), bytes: readFileSync(name) }));
    const files = await Promise.all(sources.map(unpackEvaluation));
    return draftEvidence("eval", { files, now: new Date(), ...input }).predicate as unknown as Eval;
  };
  const told = { observedAt: "2026-01-01T00:00:00Z", suite: { name: "risk", version: "1" } };

  test("logs of Inspect AI, archives and JSON", async (context) => {
    const python = join(dirname(need(context, "inspect")), "python");
    await runOk(python, [support("inspect-runs.py"), join(directory, "inspect")], { cwd: directory });
    const archive = await read("inspect/archive");
    const result = { task: "capitals", metric: "accuracy", value: "0.6666666666666666", n: 3, higherIsBetter: true };
    expect(archive).toMatchObject({
      suite: { name: "capitals", version: "3" },
      partial: false,
      harness: { name: "inspect_ai", version: "0.3.285" },
      results: ["match", "includes"].map((filter) => ({ ...result, filter, stderr: "0.33333333333333337" })),
    });
    expect((await read("inspect/json")).results).toEqual(archive.results);
    expect(await read("inspect/limited")).toMatchObject({ partial: true, results: [{ n: 2, value: "0.5" }, {}] });
    expect(await read("inspect/epochs")).toMatchObject({ partial: false, results: archive.results });
    expect((await read("inspect/args")).suite.version).toMatch(/^3-[0-9a-f]{12}$/);
  });

  test("results and samples of lm-evaluation-harness", async (context) => {
    const lmEval = need(context, "lm_eval");
    const tasks = join(directory, "tasks");
    mkdirSync(tasks);
    const documents = [0, 1, 0].map((answer, id) => JSON.stringify({ question: `is it ${id}?`, answer }));
    writeFileSync(join(tasks, "data.jsonl"), `${documents.join("\n")}\n`);
    writeFileSync(
      join(tasks, "mine.yaml"),
      [
        "task: mine",
        "dataset_path: json",
        `dataset_kwargs: {data_files: {test: ${JSON.stringify(join(tasks, "data.jsonl"))}}}`,
        "test_split: test",
        "output_type: multiple_choice",
        'doc_to_text: "{{question}}"',
        'doc_to_target: "{{answer}}"',
        'doc_to_choice: ["yes", "no"]',
        "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]",
        "metadata: {version: 2.0}",
      ].join("\n"),
    );
    const output = join(directory, "lm-eval");
    const run = [
      "--model",
      "dummy",
      "--include_path",
      tasks,
      "--tasks",
      "mine",
      "--output_path",
      output,
      "--log_samples",
    ];
    const env = { HF_HUB_OFFLINE: "1", HF_DATASETS_OFFLINE: "1", HF_HOME: join(directory, "hf") };
    await runOk(lmEval, run, { cwd: directory, env });
    const [model = ""] = readdirSync(output);
    const found = await read(join("lm-eval", model));
    expect(found).toMatchObject({
      suite: { name: "mine", version: "2.0-0shot" },
      partial: false,
      harness: { name: "lm_eval", version: "0.4.13" },
      results: [{ task: "mine", metric: "acc", n: 3, higherIsBetter: true, split: "test" }],
      evidence: [{}, {}],
    });
    expect(found.startedAt).toBe(found.evaluatedAt);
  });

  test("metrics that evaluate and scikit-learn write", async (context) => {
    const python = join(dirname(need(context, "lm_eval")), "python");
    await runOk(python, [support("evaluate-save.py"), directory], { cwd: directory });
    mkdirSync(join(directory, "sklearn"));
    writeFileSync(join(directory, "sklearn", "metrics.json"), readFileSync(join(directory, "metrics.json")));
    const [saved, plain] = [await read("saved", told), await read("sklearn", told)];
    expect(plain.results).toEqual(saved.results);
    expect(saved).toMatchObject({
      harness: { name: "evaluate", version: "0.4.6" },
      results: [
        { metric: "accuracy", value: "0.8", higherIsBetter: true },
        { metric: "f1", value: "0.8", higherIsBetter: true },
        { metric: "log_loss", higherIsBetter: false },
      ],
    });
  });

  test("what dvc metrics show prints", async (context) => {
    const dvc = need(context, "dvc");
    const project = join(directory, "dvc-project");
    mkdirSync(project);
    const run = (...args: string[]) => runOk(dvc, args, { cwd: project });
    await run("init", "--quiet", "--no-scm");
    writeFileSync(join(project, "metrics.json"), '{"auc": 0.91, "test": {"f1": 0.80, "loss": 1e-3}}');
    writeFileSync(join(project, "dvc.yaml"), "metrics:\n- metrics.json\n");
    const shown = await run("metrics", "show", "--json");
    mkdirSync(join(directory, "dvc"));
    writeFileSync(join(directory, "dvc", "shown.json"), shown);
    const { results } = await read("dvc", told);
    expect(results.map(({ task, metric, value }) => [task, metric, value])).toEqual([
      ["risk", "auc", "0.91"],
      ["test", "f1", "0.8"],
      ["test", "loss", "0.001"],
    ]);
  });
});
