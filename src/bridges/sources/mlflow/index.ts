import type { JsonValue } from "../../../base/json.ts";
import { redactSecrets } from "../../../evidence/redaction.ts";
import type { CallOptions } from "../../../oci/content.ts";
import type { SourceModel } from "../source-model.ts";
import { stageFiles } from "../stage.ts";
import { ExperimentAnswer, type RegisteredModel, RegisteredModelAnswer, type Run } from "./answers.ts";
import { listArtifacts } from "./artifacts.ts";
import { type MlflowStatements, mlflowEvidence } from "./evidence.ts";
import { parseMlflowLocation } from "./location.ts";
import type { MlflowServer } from "./server.ts";
import { testimonyOf } from "./testimony.ts";
import { type PinnedModel, pinModel } from "./version.ts";

export { MlflowServer, type MlflowServerOptions } from "./server.ts";
export { digestTag, writeBack } from "./write-back.ts";

/**
 * Opens a model of an MLflow server: its files, its run, its metrics, its description.
 *
 * All of it is the word of a server whose contents anybody with access may edit at any time; the statements drafted
 * from it say so (`origin: imported`), and a signature under them proves what the server said, and when.
 *
 * @param location - such as `models:/risk/4`; see `parseMlflowLocation`.
 * @throws {@link SourceError}.
 */
export async function openMlflowModel(
  server: MlflowServer,
  location: string,
  options: CallOptions = {},
): Promise<SourceModel> {
  const pinned = await pinModel(server, parseMlflowLocation(location), options);
  const registered = await registeredModel(server, pinned, options);
  const experiment = await experimentName(server, pinned.run, options);
  const { origin } = server.http;
  const answers = { server: origin, registered, ...pinned };
  const clean = redactSecrets(JSON.parse(JSON.stringify(answers)) as JsonValue).value;
  const statements: MlflowStatements = {
    testimony: testimonyOf(pinned, origin),
    answers: { path: "mlflow.json", bytes: Buffer.from(`${JSON.stringify(clean, undefined, 2)}\n`) },
    experiment: experiment ?? pinned.version?.name ?? "mlflow",
    evaluationData: evaluationData(pinned.run),
    finished: pinned.run?.info.end_time ?? pinned.run?.info.start_time,
    description: pinned.version?.description || registered?.description,
  };
  const runId = pinned.run?.info.run_id;
  return {
    source: "mlflow",
    location: pinned.location,
    name: pinned.version?.name ?? experiment ?? "model",
    imported: {
      source: "mlflow",
      server: origin,
      location: pinned.location,
      ...(runId ? { run: runId } : {}),
    },
    bring: async (scratch, call) => stageFiles(await listArtifacts(server, pinned, call), scratch, call),
    evidence: (directory, wishes) => mlflowEvidence(directory, statements, wishes),
  };
}

async function registeredModel(
  server: MlflowServer,
  { version }: PinnedModel,
  options: CallOptions,
): Promise<RegisteredModel | undefined> {
  if (!version) return undefined;
  const absent = { ...options, absent: [403, 404] };
  return (await server.ask("registered-models/get", { name: version.name }, RegisteredModelAnswer, absent))
    ?.registered_model;
}

async function experimentName(server: MlflowServer, run: Run | undefined, options: CallOptions) {
  if (!run) return undefined;
  const query = { experiment_id: run.info.experiment_id };
  const answer = await server.ask("experiments/get", query, ExperimentAnswer, { ...options, absent: [403, 404] });
  return answer?.experiment.name;
}

/** MLflow marks what a data set was for; only by this are results of two runs comparable. */
function evaluationData(run: Run | undefined): string | undefined {
  const isEvaluation = ({ key, value }: { key: string; value: string }) =>
    key === "mlflow.data.context" && /^(?:eval|test|valid)/i.test(value);
  const found = run?.inputs.dataset_inputs.find(({ tags }) => tags.some(isEvaluation));
  return found?.dataset.digest ? `mlflow:${found.dataset.digest}` : undefined;
}
