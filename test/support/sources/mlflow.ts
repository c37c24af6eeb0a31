import { onTestFinished } from "vitest";
import { type FakeAnswer, type FakeServer, startFakeServer } from "./fake-server.ts";

export const runId = "7d3c4b6008ab4a8cae8ff676bd988e10";
export const modelId = "m-fd7a914c44a5455d88f24f2dbef8981d";
const root = `1/models/${modelId}/artifacts`;

/** The files of the model at the server. */
export const mlflowFiles: Readonly<Record<string, string>> = {
  MLmodel: `flavors:\n  python_function:\n    loader_module: mlflow.sklearn\nrun_id: ${runId}\n`,
  "requirements.txt": "scikit-learn==1.9.1\n",
  "data/model.skops": "weights",
};

/** The API's answers for `models:/risk/4`, which is the logged model {@link modelId} of the run {@link runId}. */
export function mlflowAnswers(): Map<string, FakeAnswer> {
  const api = "/api/2.0/mlflow";
  const version = { name: "risk", version: "4", source: `models:/${modelId}`, run_id: runId, status: "READY" };
  return new Map<string, FakeAnswer>([
    [`${api}/model-versions/get`, { model_version: version }],
    [`${api}/registered-models/alias`, { model_version: version }],
    [`${api}/registered-models/get-latest-versions`, { model_versions: [{ ...version, version: "3" }, version] }],
    [`${api}/model-versions/get-download-uri`, { artifact_uri: `mlflow-artifacts:/${root}` }],
    [`${api}/registered-models/get`, { registered_model: { name: "risk", description: "## Intended use\nCredit." } }],
    [
      `${api}/logged-models/${modelId}`,
      {
        model: {
          info: {
            ...{ model_id: modelId, name: "model", experiment_id: "1", source_run_id: runId },
            ...{ artifact_uri: `mlflow-artifacts:/${root}`, status: "LOGGED_MODEL_READY" },
          },
          data: { params: [{ key: "api_key", value: "hunter2" }], metrics: [] },
        },
      },
    ],
    [`${api}/runs/get`, { run: mlflowRun() }],
    [`${api}/experiments/get`, { experiment: { experiment_id: "1", name: "credit" } }],
    [`${api}/model-versions/set-tag`, {}],
    [`/api/2.0/mlflow-artifacts/presigned/`, { status: 501, body: '{"error_code":"NOT_IMPLEMENTED"}' }],
    [
      `/api/2.0/mlflow-artifacts/artifacts?path=${encodeURIComponent(root)}`,
      listing("MLmodel", "requirements.txt", "data/"),
    ],
    [
      `/api/2.0/mlflow-artifacts/artifacts?path=${encodeURIComponent(`${root}/data`)}`,
      { files: [{ path: "model.skops", is_dir: false, file_size: "7" }] },
    ],
    ...Object.entries(mlflowFiles).map(([path, body]): [string, FakeAnswer] => [
      `/api/2.0/mlflow-artifacts/artifacts/${root}/${path}`,
      { status: 200, body },
    ]),
  ]);
}

/** A run as the server tells it. */
export function mlflowRun(): {
  info: object;
  data: { metrics: object[]; params: object[]; tags: object[] };
  inputs: object;
} {
  return {
    info: {
      ...{ run_id: runId, run_name: "train", experiment_id: "1", status: "FINISHED" },
      ...{
        start_time: 1795275802332,
        end_time: "1795275820391",
        artifact_uri: `mlflow-artifacts:/1/${runId}/artifacts`,
      },
    },
    data: {
      metrics: [
        { key: "accuracy", value: 0.5, timestamp: 1, step: 0 },
        { key: "accuracy", value: 0.75, timestamp: 2, step: 1 },
        { key: "my_gain", value: 3.5, timestamp: 1, step: 0 },
        { key: "log_loss", value: "NaN", timestamp: 1, step: 0 },
      ],
      params: [{ key: "C", value: "1.0" }],
      tags: [
        { key: "mlflow.source.git.commit", value: "0123456789abcdef0123456789abcdef01234567" },
        { key: "mlflow.source.name", value: "/home/ann/train.py" },
      ],
    },
    inputs: {
      dataset_inputs: [
        {
          tags: [{ key: "mlflow.data.context", value: "training" }],
          dataset: { name: "credit", digest: "ec97af14", source: '{"uri": "s3://bucket/credit"}' },
        },
      ],
    },
  };
}

function listing(...names: readonly string[]): object {
  return {
    files: names.map((name) =>
      name.endsWith("/")
        ? { path: name.slice(0, -1), is_dir: true }
        : { path: name, is_dir: false, file_size: (mlflowFiles[name] ?? "").length },
    ),
  };
}

/** Starts a server in this process, until the test has ended, that answers as {@link mlflowAnswers} says. */
export async function startFakeMlflow(): Promise<FakeServer> {
  const server = await startFakeServer(mlflowAnswers());
  onTestFinished(() => server.close());
  return server;
}
