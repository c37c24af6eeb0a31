import type { CallOptions } from "../../../oci/content.ts";
import { SourceError } from "../errors.ts";
import {
  DownloadAnswer,
  LatestVersionsAnswer,
  type LoggedModel,
  LoggedModelAnswer,
  type ModelVersion,
  ModelVersionAnswer,
  type Run,
  RunAnswer,
} from "./answers.ts";
import type { MlflowLocation } from "./location.ts";
import type { MlflowServer } from "./server.ts";

/** Models of a run that are looked at, the newest: one per checkpoint. */
const outputLimit = 100;

/** A model of MLflow at one version, and where its files are. */
export interface PinnedModel {
  /** `models:/risk/4`, `models:/m-<id>` or `runs:/<id>/<path>`: never an alias, which moves. */
  readonly location: string;
  readonly version?: ModelVersion | undefined;
  readonly logged?: LoggedModel | undefined;
  readonly run?: Run | undefined;
  /** `mlflow-artifacts:/…`, or the address of a store that only the server can open. */
  readonly artifactUri: string;
}

/**
 * Follows a location to files: an alias once to a number, a version to what the registry says its files are, which
 * since MLflow 3 may be a logged model. The `source` that a version claims is not believed: anybody may have written
 * it.
 *
 * @throws {@link SourceError} `SOURCE_INVALID` for a model that is not ready.
 */
export async function pinModel(
  server: MlflowServer,
  location: MlflowLocation,
  options: CallOptions = {},
): Promise<PinnedModel> {
  if (location.kind === "run") return pinRun(server, location, options);
  if (location.kind === "logged-model") {
    const logged = await loggedModel(server, location.modelId, options);
    const run = await runOf(server, logged.info.source_run_id, options);
    return { location: `models:/${location.modelId}`, logged, run, artifactUri: logged.info.artifact_uri };
  }
  const version = await versionOf(server, location, options);
  const { name, version: number, status, status_message: reason } = version;
  if (status !== undefined && status !== "READY") {
    throw new SourceError("SOURCE_INVALID", `models:/${name}/${number} is ${status}${reason ? `: ${reason}` : ""}`);
  }
  const query = { name, version: number };
  const { artifact_uri: uri } = await server.get("model-versions/get-download-uri", query, DownloadAnswer, options);
  const named = loggedModelId(uri);
  const claimed = named ?? version.model_id ?? loggedModelId(version.source ?? "");
  const found = claimed ? await loggedModel(server, claimed, options) : undefined;
  // What a version claims to come from counts when the registry says that its files are there.
  const logged = named !== undefined || found?.info.artifact_uri === uri ? found : undefined;
  const run = await runOf(server, version.run_id || logged?.info.source_run_id, options);
  const artifactUri = uri.startsWith("models:") && logged ? logged.info.artifact_uri : uri;
  return { location: `models:/${name}/${number}`, version, logged, run, artifactUri };
}

function loggedModelId(uri: string): string | undefined {
  return /^models:\/{1,3}(m-[0-9a-f]{32})$/.exec(uri)?.[1];
}

async function versionOf(
  server: MlflowServer,
  location: Exclude<MlflowLocation, { kind: "run" | "logged-model" }>,
  options: CallOptions,
): Promise<ModelVersion> {
  const { name } = location;
  if (location.kind === "latest") {
    const query = { name };
    const { model_versions: all } = await server.get(
      "registered-models/get-latest-versions",
      query,
      LatestVersionsAnswer,
      options,
    );
    const newest = all.toSorted((a, b) => Number(b.version) - Number(a.version))[0];
    if (newest) return newest;
    throw new SourceError("SOURCE_NOT_FOUND", `${JSON.stringify(name)} has no version at ${server.http.origin}`);
  }
  const [call, query] =
    location.kind === "alias"
      ? (["registered-models/alias", { name, alias: location.alias }] as const)
      : (["model-versions/get", { name, version: location.version }] as const);
  // An alias that is not there is a bad request to MLflow.
  const answer = await server.ask(call, query, ModelVersionAnswer, { ...options, absent: [400, 404] });
  if (!answer) {
    const what = location.kind === "alias" ? `alias ${location.alias}` : `version ${location.version}`;
    throw new SourceError("SOURCE_NOT_FOUND", `there is no ${what} of ${name} at ${server.http.origin}`);
  }
  const { model_version: version } = answer;
  const isOther = version.name !== name || (location.kind === "version" && version.version !== location.version);
  if (isOther) throw server.http.invalid(`it was asked for ${name} and answers about ${version.name}`);
  if (!/^[1-9][0-9]{0,9}$/.test(version.version)) throw server.http.invalid(`its version is ${version.version}`);
  return version;
}

async function pinRun(
  server: MlflowServer,
  { runId, path }: Extract<MlflowLocation, { kind: "run" }>,
  options: CallOptions,
): Promise<PinnedModel> {
  const run = await runOf(server, runId, options);
  if (!run) throw new SourceError("SOURCE_NOT_FOUND", `there is no run ${runId} at ${server.http.origin}`);
  const logged = await modelOfRun(server, run, path, options);
  if (logged) return { location: `runs:/${runId}/${path}`, logged, run, artifactUri: logged.info.artifact_uri };
  const root = run.info.artifact_uri;
  if (!root) throw new SourceError("SOURCE_INVALID", `run ${runId} has no artifacts`);
  return { location: `runs:/${runId}/${path}`, run, artifactUri: `${root.replace(/\/+$/, "")}/${path}` };
}

/** Since MLflow 3 a run's models are kept beside it, and not below its artifacts; the path is then a model's name. */
async function modelOfRun(
  server: MlflowServer,
  { outputs }: Run,
  name: string,
  options: CallOptions,
): Promise<LoggedModel | undefined> {
  for (const { model_id: id } of outputs.model_outputs.slice(-outputLimit).toReversed()) {
    const model = await loggedModel(server, id, options);
    if (model.info.name === name) return model;
  }
  return undefined;
}

async function loggedModel(server: MlflowServer, id: string, options: CallOptions): Promise<LoggedModel> {
  const { model } = await server.get(`logged-models/${encodeURIComponent(id)}`, {}, LoggedModelAnswer, options);
  const { status, model_id: found } = model.info;
  if (found !== id) throw server.http.invalid(`it was asked for ${id} and answers about ${found}`);
  // 2 is LOGGED_MODEL_READY where enums come as numbers.
  if (status !== undefined && status !== "LOGGED_MODEL_READY" && status !== "READY" && status !== 2) {
    throw new SourceError("SOURCE_INVALID", `models:/${id} is ${status}`);
  }
  return model;
}

async function runOf(server: MlflowServer, id: string | undefined, options: CallOptions): Promise<Run | undefined> {
  if (!id) return undefined;
  // Runs can be deleted while their models stay.
  const answer = await server.ask("runs/get", { run_id: id }, RunAnswer, { ...options, absent: [404] });
  if (answer && answer.run.info.run_id !== id)
    throw server.http.invalid(`it was asked for run ${id} and answers about another`);
  return answer?.run;
}
