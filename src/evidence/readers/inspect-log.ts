import { digestHex, digestOf } from "../../base/digest.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun, Measurement } from "./eval-run.ts";
import { foundTime } from "./found-time.ts";
import { countOf, objectAt, objectsOf, textOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";

/** Metrics that say how sure another one is. */
const spreads = ["stderr", "bootstrap_stderr"];

/**
 * A log of Inspect AI: the JSON one, or the `header.json` of an `.eval` archive, which `unpackEvaluation` takes out.
 *
 * Each score is a filter, so that `task.accuracy,choice` stays the name of a number when a scorer is added. `partial`
 * follows from a limit, from samples that were not finished or not scored, and from a run that did not succeed.
 *
 * @see {@link https://inspect.aisi.org.uk/eval-logs.html}
 */
export const inspectLog: EvalFormat = {
  name: "inspect",
  title: "a log of Inspect AI (.eval, .json)",
  detect: (file, { files }) => {
    const value = objectOf(files.valueOf(file));
    return textOf(value?.["status"]) !== undefined && textOf(objectAt(value, "eval")?.["task_id"]) !== undefined;
  },
  read: readInspect,
};

function readInspect(file: EvidenceFile, { files }: EvalContext): EvalRun {
  const value = objectOf(files.valueOf(file)) ?? {};
  const run = objectOf(value["eval"]) ?? {};
  const results = objectOf(value["results"]);
  const task = textOf(run["task"]);
  if (value["invalidated"] === true) throw invalid(file, "its author has marked it as invalidated");
  if (!results || task === undefined) {
    const status = (textOf(value["status"]) ?? "unknown").slice(0, 40);
    throw new EvidenceError("EVIDENCE_INCOMPLETE", `it has no results, its status is ${status}`, {
      file: file.path,
      missing: ["results"],
    });
  }
  const stats = objectOf(value["stats"]);
  const version = textOf(objectOf(run["packages"])?.["inspect_ai"]);
  const dataset = datasetOf(objectOf(run["dataset"]));
  const seed = textOf(objectOf(run["model_generate_config"])?.["seed"]);
  const startedAt = foundTime(stats?.["started_at"]) ?? foundTime(run["created"]);
  const finishedAt = foundTime(stats?.["completed_at"]);
  return {
    suite: { name: task, version: versionOf(run) },
    results: objectsOf(results["scores"]).flatMap((score) => scoreResults(score, { task, run, results })),
    partial: isPartial(value, run, results),
    startedAt,
    finishedAt,
    ...(dataset ? { dataset } : {}),
    ...(version ? { harness: { name: "inspect_ai", version } } : {}),
    ...(seed ? { seeds: { generation: seed } } : {}),
  };
}

interface Scored {
  readonly task: string;
  readonly run: JsonObject;
  readonly results: JsonObject;
}

function scoreResults(score: JsonObject, { task, run, results }: Scored): Measurement[] {
  const metrics = Object.entries(objectOf(score["metrics"]) ?? {}).map(([key, metric]) => ({
    key,
    metric: objectOf(metric) ?? {},
  }));
  const stderr = spreads.map((name) => metrics.find(({ key }) => key === name)?.metric["value"]).find(isStated);
  const name = textOf(score["name"]) ?? "score";
  const reducer = textOf(score["reducer"]);
  // Several reducers make several numbers of the same answers, and only with several epochs.
  const isReduced = reducer !== undefined && (countOf(objectAt(run, "config")?.["epochs"]) ?? 1) > 1;
  return metrics
    .filter(({ key }) => !spreads.includes(key))
    .map(({ key, metric }) => ({
      task,
      metric: key,
      filter: isReduced ? `${name}/${reducer}` : name,
      value: metric["value"],
      // Inspect computes both of the mean, which accuracy is.
      stderr: ["accuracy", "mean"].includes(key) ? stderr : undefined,
      n: countOf(score["scored_samples"]) ?? countOf(results["completed_samples"]),
    }));
}

const isStated = (value: unknown) => value !== undefined && value !== null;

/** Arguments make another task of a task. */
function versionOf(run: JsonObject): string {
  const version = textOf(run["task_version"]) ?? "unversioned";
  const passed = objectOf(run["task_args_passed"]) ?? objectOf(run["task_args"]) ?? {};
  if (Object.keys(passed).length === 0) return version;
  const text = JSON.stringify(Object.entries(passed).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${version}-${digestHex(digestOf(text)).slice(0, 12)}`;
}

function isPartial(value: JsonObject, run: JsonObject, results: JsonObject): boolean {
  const config = objectOf(run["config"]);
  const [total, completed] = [countOf(results["total_samples"]), countOf(results["completed_samples"])];
  const size = countOf(objectOf(run["dataset"])?.["samples"]);
  const epochs = countOf(config?.["epochs"]) ?? 1;
  const limit = config?.["limit"];
  const isLimited = isStated(limit) && !(size !== undefined && (countOf(limit) ?? -1) >= size);
  return (
    value["status"] !== "success" ||
    isLimited ||
    isStated(config?.["sample_id"]) ||
    (total !== undefined && completed !== undefined && completed < total) ||
    (total !== undefined && size !== undefined && total < size * epochs) ||
    objectsOf(results["scores"]).some((score) => (countOf(score["unscored_samples"]) ?? 0) > 0)
  );
}

/** A name of the hub. Paths say where data lay on somebody's machine. */
function datasetOf(dataset: JsonObject | undefined): EvalRun["dataset"] {
  const place = textOf(dataset?.["location"]) ?? textOf(dataset?.["name"]);
  const name = textOf(dataset?.["name"]);
  if (place !== undefined && /^[\w.-]+\/[\w.-]+$/.test(place)) return { uri: `hf://datasets/${place}` };
  if (place !== undefined && /^https:\/\/[^\s@?#]+$/.test(place)) return { uri: place };
  return name === undefined || /[/\\]/.test(name) ? undefined : { uri: name };
}

function invalid(file: EvidenceFile, message: string): EvidenceError {
  return new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
}
