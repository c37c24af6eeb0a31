import type { EvidenceSource } from "../../../src/evidence/evidence-file.ts";
import type { EvidenceInput } from "../../../src/evidence/index.ts";
import { fileOf } from "../evidence.ts";
import { zipOf } from "../zip.ts";

/** One evaluation in the published shape of each tool, as small as the tool's own files allow. */
export interface EvalSample {
  /** The format that must be told. */
  readonly format: string;
  readonly files: readonly EvidenceSource[];
  /** What the file does not say. */
  readonly input?: Partial<EvidenceInput>;
}

const told = { observedAt: "2026-11-01T00:00:00Z", suite: { name: "risk", version: "1" } };
const lines = (values: readonly unknown[]) => `${values.map((value) => JSON.stringify(value)).join("\n")}\n`;

/** The header of a log of Inspect AI 0.3.285, abridged. */
export const inspectHeader = {
  version: 2,
  status: "success",
  eval: {
    eval_id: "6jqe5QhVuLTeJiutxUe6NM",
    run_id: "P5ArsAaKMLiKt5ozJQZ9b5",
    created: "2026-10-21T15:20:12+00:00",
    task: "capitals",
    task_id: "kcSWdJXE2eFGQPn6VNcMx5",
    task_version: 3,
    task_args: { kind: "easy" },
    task_args_passed: {},
    dataset: { name: "capitals", samples: 3, sample_ids: [1, 2, 3], shuffled: false },
    model: "mockllm/model",
    model_generate_config: { seed: 42 },
    config: { epochs: 1, fail_on_error: true },
    packages: { inspect_ai: "0.3.285" },
  },
  plan: { name: "plan", steps: [], config: {} },
  results: {
    total_samples: 3,
    completed_samples: 3,
    scores: [
      {
        name: "match",
        scorer: "match",
        scored_samples: 3,
        unscored_samples: 0,
        params: {},
        metrics: {
          accuracy: { name: "accuracy", value: 0.6666666666666666, params: {} },
          stderr: { name: "stderr", value: 0.33333333333333337, params: {} },
        },
      },
    ],
  },
  stats: { started_at: "2026-10-21T15:20:12+00:00", completed_at: "2026-10-21T15:20:14+00:00", model_usage: {} },
  invalidated: false,
};

export const helmSpec = {
  name: "mmlu:subject=law,model=example_tiny",
  scenario_spec: { class_name: "helm.benchmark.scenarios.mmlu_scenario.MMLUScenario", args: { subject: "law" } },
  adapter_spec: { method: "multiple_choice_joint", max_train_instances: 5, max_eval_instances: 1000 },
};
const stat = (name: Record<string, unknown>, mean: number) => ({
  ...{ name, count: 1, sum: mean, sum_squared: mean * mean, min: mean, max: mean, mean, variance: 0, stddev: 0 },
});
export const helmStats = [
  stat({ name: "num_instances", split: "test" }, 100),
  stat({ name: "exact_match", split: "test" }, 0.5),
  stat({ name: "exact_match", split: "valid" }, 0.25),
  stat({ name: "exact_match", split: "test", perturbation: { name: "typos", computed_on: "worst" } }, 0.125),
  { name: { name: "training_co2_cost", split: "test" }, count: 0, sum: 0, sum_squared: 0 },
];

export const evalSamples: Readonly<Record<string, EvalSample>> = {
  "lm-evaluation-harness": {
    format: "lm-eval",
    files: [
      fileOf("results_2026-01-21T03-44-18.458309.json", {
        results: { arc_easy: { alias: "arc_easy", "acc,none": 0.71, "acc_stderr,none": 0.009 } },
        group_subtasks: { arc_easy: [] },
        configs: { arc_easy: { dataset_path: "allenai/ai2_arc", test_split: "test" } },
        versions: { arc_easy: 1.0 },
        "n-shot": { arc_easy: 0 },
        higher_is_better: { arc_easy: { acc: true } },
        "n-samples": { arc_easy: { original: 2, effective: 2 } },
        config: { model: "hf", limit: null, random_seed: 0 },
        git_hash: "1f84a09f",
        date: 1768964383.85,
        lm_eval_version: "0.4.9.2",
        total_evaluation_time_seconds: "12.3",
      }),
      fileOf(
        "samples_arc_easy_2026-01-21T03-44-18.458309.jsonl",
        lines([
          { doc_id: 0, filter: "none", acc: 1 },
          { doc_id: 1, filter: "none", acc: 0 },
        ]),
      ),
    ],
  },
  "Inspect AI, JSON": { format: "inspect", files: [fileOf("log.json", { ...inspectHeader, samples: [] })] },
  "Inspect AI, archive": {
    format: "inspect",
    files: [
      fileOf(
        "log.eval",
        zipOf([
          { name: "_journal/start.json", content: "{}", deflated: true },
          { name: "samples/1_epoch_1.json", content: "{}", deflated: true },
          { name: "header.json", content: JSON.stringify(inspectHeader), zstandard: true },
        ]),
      ),
    ],
  },
  HELM: {
    format: "helm",
    files: [
      fileOf("run_spec.json", helmSpec),
      fileOf("scenario_state.json", {
        request_states: [
          { result: { request_datetime: 1761000100 } },
          { result: { request_datetime: 1761000000 } },
          { result: null },
        ],
      }),
      fileOf("stats.json", helmStats),
    ],
  },
  "Hugging Face evaluate": {
    format: "evaluate",
    files: [
      // evaluate 0.4.6, evaluate.save("esave/", accuracy=0.93, f1=0.91, experiment="run 42")
      fileOf("result-2026_11_21-15_19_51.json", {
        accuracy: 0.93,
        f1: 0.91,
        experiment: "run 42",
        _timestamp: "2026-11-21T15:19:51.192014",
        _git_commit_hash: null,
        _evaluate_version: "0.4.6",
        _python_version: "3.11.7",
        _interpreter_path: "/usr/bin/python",
      }),
    ],
    input: told,
  },
  ".eval_results": {
    format: "eval-results",
    files: [
      fileOf(
        "mmlu-pro.yaml",
        "- dataset:\n    id: cais/hle\n    task_id: default\n    revision: abc\n  value: 22.90\n  date: 2026-01-15\n  source:\n    url: https://example.com\n",
      ),
      fileOf("gpqa.yml", "- dataset: {id: Idavidrein/gpqa, task_id: diamond}\n  value: 0.412\n  date: '2026-01-10'\n"),
    ],
  },
  "model-index": {
    format: "model-index",
    files: [
      fileOf(
        "README.md",
        `---
license: mit
model-index:
- name: risk
  results:
  - task: {type: text-classification}
    dataset: {type: glue, name: GLUE, config: sst2, split: validation, revision: abc}
    metrics:
    - {type: accuracy, value: 0.910, name: Accuracy}
    - {type: loss, value: 3e-1}
---
# Risk
`,
      ),
    ],
    input: { observedAt: told.observedAt },
  },
  "trainer_state.json": {
    format: "trainer-state",
    files: [
      fileOf("trainer_state.json", {
        best_metric: 0.8,
        epoch: 2.0,
        global_step: 20,
        log_history: [
          { epoch: 1.0, loss: 0.9, step: 10 },
          { epoch: 1.0, eval_accuracy: 0.7, eval_loss: 0.6, eval_runtime: 1.5, step: 10 },
          { epoch: 2.0, eval_accuracy: 0.8, eval_loss: 0.5, eval_runtime: 1.5, eval_samples_per_second: 9, step: 20 },
          { epoch: 2.0, train_runtime: 9, step: 20 },
        ],
        max_steps: 20,
        trial_params: null,
      }),
    ],
    input: told,
  },
  "all_results.json": {
    format: "trainer-results",
    files: [
      fileOf("all_results.json", {
        epoch: 3.0,
        eval_accuracy: 0.86,
        eval_loss: 0.41,
        eval_runtime: 4.2,
        eval_samples: 872,
        eval_samples_per_second: 207.6,
        predict_accuracy: 0.84,
        predict_samples: 1821,
        total_flos: 123,
        train_loss: 0.2,
        train_samples: 67349,
      }),
    ],
    input: told,
  },
  "Every Eval Ever": {
    format: "every-eval-ever",
    files: [
      fileOf("eee.json", {
        schema_version: "0.3.0",
        evaluation_id: "core/example_tiny/1761000000",
        evaluation_timestamp: "2026-10-20T00:00:00Z",
        retrieved_timestamp: "1761000000",
        source_metadata: {
          source_type: "evaluation_run",
          source_organization_name: "x",
          evaluator_relationship: "other",
        },
        model_info: { name: "tiny", id: "example/tiny" },
        eval_library: { name: "own", version: "2" },
        evaluation_results: [
          {
            evaluation_name: "loans",
            source_data: { dataset_name: "loans", source_type: "url", url: ["https://example.com/loans"] },
            metric_config: { metric_id: "wer", lower_is_better: true },
            score_details: { score: 0.12, uncertainty: { standard_error: { value: 0.01 }, num_samples: 50 } },
          },
        ],
      }),
    ],
  },
  "OpenAI evals": {
    format: "openai-evals",
    files: [
      fileOf(
        "record.jsonl",
        lines([
          {
            spec: {
              completion_fns: ["gpt-3.5-turbo"],
              eval_name: "test-match.s1.simple-v0",
              base_eval: "test-match",
              split: "s1",
              run_config: { max_samples: null, seed: 20220722 },
              created_by: "",
              run_id: "230425120000ABCDEF",
              created_at: "2026-04-25 12:00:00.123456",
            },
          },
          {
            run_id: "r",
            event_id: 0,
            sample_id: "test-match.s1.0",
            type: "match",
            data: { correct: true },
            created_by: "",
            created_at: "2026-04-25 12:00:03.5",
          },
          {
            run_id: "r",
            event_id: 1,
            sample_id: "test-match.s1.1",
            type: "match",
            data: { correct: false },
            created_by: "",
            created_at: "2026-04-25 12:00:04.5",
          },
          { final_report: { accuracy: 0.5, boostrap_std: 0.25 } },
        ]),
      ),
    ],
  },
  "dvc metrics show": {
    format: "dvc",
    files: [
      // dvc 3.67.1, dvc metrics show --json -A
      fileOf("dvc.json", {
        workspace: { data: { "metrics.json": { data: { auc: 0.91, test: { f1: 0.8, loss: 1e-3 } } } } },
        "925213aa93d03d085a97015d26a36325e9ff7f5d": { data: { "metrics.json": { data: { auc: 0.5 } } } },
      }),
    ],
    input: told,
  },
  "DVC metrics in YAML": {
    format: "metrics",
    files: [fileOf("metrics.yaml", "auc: 0.910\ntest:\n  f1: 8e-1\n")],
    input: told,
  },
  "MLflow evaluation": {
    format: "mlflow",
    files: [
      // mlflow.models.evaluate(..., model_type="classifier").save(path), MLflow 3
      fileOf("artifacts_metadata.json", {
        confusion_matrix: {
          uri: "mlruns/0/x/artifacts/confusion_matrix.png",
          class_name: "mlflow.models.evaluation.artifacts.ImageEvaluationArtifact",
        },
      }),
      fileOf("eval_results_table.json", {
        columns: ["q", "out"],
        data: [
          ["a", "b"],
          ["c", "d"],
        ],
      }),
      fileOf("metrics.json", {
        example_count: 2,
        accuracy_score: 0.5,
        "toxicity/v1/mean": 0.1,
        "toxicity/v1/p90": 0.2,
      }),
    ],
    input: told,
  },
  "CSV with the names of the fields": {
    format: "map",
    files: [
      fileOf(
        "results.csv",
        'task,metric,value,stderr,n,slice,direction,time\nloans,auc,0.910,0.01,100,,higher,2026-10-02T00:00:00Z\nloans,auc,0.88,,9,"age<25, all",higher,2026-10-01T00:00:00Z\n',
      ),
    ],
    input: { suite: told.suite },
  },
  "CSV with --map": {
    format: "map",
    files: [fileOf("wide.csv", "name;AUC;LL\r\nloans;0.91;0.3\r\ncards;0.8;0.4\r\n")],
    input: { ...told, eval: { map: { task: "name", "value:auc": "AUC", "value:log_loss": "LL", split: "=test" } } },
  },
  "flat JSON with --map": {
    format: "map",
    files: [fileOf("own.json", { model: "x", scores: { "auc.test": 0.91 }, size: 100 })],
    input: { ...told, eval: { map: { task: "=loans", "value:auc": "scores.auc.test", n: "size" } } },
  },
  "JSON lines with --map": {
    format: "map",
    files: [
      fileOf(
        "own.jsonl",
        lines([
          { m: "f1", v: 0.5 },
          { m: "mae", v: 2 },
        ]),
      ),
    ],
    input: { ...told, eval: { map: { metric: "m", value: "v" } } },
  },
};
