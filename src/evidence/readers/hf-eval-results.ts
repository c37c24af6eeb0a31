import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun, FoundTime } from "./eval-run.ts";
import { foundTime } from "./found-time.ts";
import { objectAt, objectsOf, textOf } from "./json-fields.ts";
import type { JsonObject } from "./json-file.ts";

/**
 * `.eval_results/*.yaml` of a repository on Hugging Face: a list of scores, each of one task of one benchmark.
 *
 * The benchmark knows what is measured; the metric is `score`, of which more is better on every leaderboard made of
 * them. The oldest date counts, at its first instant.
 *
 * @see {@link https://huggingface.co/docs/hub/eval-results}
 */
export const hfEvalResults: EvalFormat = {
  name: "eval-results",
  title: ".eval_results/*.yaml of Hugging Face",
  detect: (file, { files }) => isList(files.valueOf(file)),
  read: readHfEvalResults,
};

function isList(value: JsonValue | undefined): boolean {
  const [first] = objectsOf(value);
  return objectAt(first, "dataset")?.["id"] !== undefined && first?.["value"] !== undefined;
}

function readHfEvalResults(file: EvidenceFile, { files }: EvalContext): EvalRun {
  const entries = files.all.filter((one) => isList(files.valueOf(one))).flatMap((one) => objectsOf(files.valueOf(one)));
  const dates = entries.map(dateOf);
  const known = dates.flatMap((date) => date ?? []).sort((a, b) => a.time.getTime() - b.time.getTime());
  const revisions = new Set(entries.map((entry) => textOf(objectAt(entry, "dataset")?.["revision"])));
  return {
    results: entries.map((entry) => resultOf(entry, file)),
    partial: false,
    suite: { name: "hf-eval-results", version: (revisions.size === 1 && [...revisions][0]) || "unversioned" },
    ...(known[0] && known.length === dates.length ? { evaluatedAt: known[0] } : {}),
  };
}

function resultOf(entry: JsonObject, file: EvidenceFile) {
  const dataset = objectAt(entry, "dataset");
  const [id, task] = [textOf(dataset?.["id"]), textOf(dataset?.["task_id"])];
  if (id === undefined || task === undefined) {
    const message = "an entry lacks dataset.id or dataset.task_id";
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
  }
  const revision = textOf(dataset?.["revision"]);
  return {
    task: `${id}/${task}`,
    metric: "score",
    value: entry["value"],
    higherIsBetter: true,
    dataset: { uri: `hf://datasets/${id}`, ...(revision ? { annotations: { revision } } : {}) },
  };
}

function dateOf({ date }: JsonObject): FoundTime | undefined {
  return (
    foundTime(date) ?? (typeof date === "string" && date.length === 10 ? foundTime(`${date}T00:00:00Z`) : undefined)
  );
}
