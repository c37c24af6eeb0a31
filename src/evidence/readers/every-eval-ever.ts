import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalDataset } from "../predicates/eval.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun, Measurement } from "./eval-run.ts";
import { foundSeconds, foundTime } from "./found-time.ts";
import { countOf, listOf, objectAt, objectsOf, textOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";

/**
 * Every Eval Ever, the schema of results across harnesses (0.2 and 0.3).
 *
 * Its time of retrieval is not when the run was: without `evaluation_timestamp` the caller must say.
 *
 * @see {@link https://github.com/evaleval/every_eval_ever}, `eval.schema.json` 0.3.0
 */
export const everyEvalEver: EvalFormat = {
  name: "every-eval-ever",
  title: "JSON of Every Eval Ever",
  detect: (file, { files }) => {
    const value = objectOf(files.valueOf(file));
    return (
      textOf(value?.["schema_version"]) !== undefined &&
      textOf(value?.["evaluation_id"]) !== undefined &&
      Array.isArray(value?.["evaluation_results"])
    );
  },
  read: readEveryEvalEver,
};

function readEveryEvalEver(file: EvidenceFile, { files }: EvalContext): EvalRun {
  const value = objectOf(files.valueOf(file)) ?? {};
  const library = objectOf(value["eval_library"]);
  const name = textOf(library?.["name"]);
  const suite = textOf(value["evaluation_id"])?.split("/")[0];
  const entries = objectsOf(value["evaluation_results"]);
  const stated = [value, ...entries].map((entry) => textOf(entry["evaluation_timestamp"])).find(Boolean);
  return {
    suite: suite === undefined ? undefined : { name: suite, version: "unversioned" },
    results: entries.map(measurement),
    partial: false,
    evaluatedAt: foundTime(stated) ?? foundSeconds(stated),
    ...(name === undefined ? {} : { harness: { name, version: textOf(library?.["version"]) ?? "unknown" } }),
  };
}

function measurement(entry: JsonObject): Measurement {
  const config = objectOf(entry["metric_config"]);
  const score = objectOf(entry["score_details"]);
  const uncertainty = objectAt(score, "uncertainty");
  // The schema has no place for these; mreg's own export puts them here.
  const details = objectAt(config, "additional_details");
  const lower = config?.["lower_is_better"];
  const metric = ["metric_id", "metric_name", "metric_kind"].map((key) => textOf(config?.[key])).find(Boolean);
  return {
    task: textOf(entry["evaluation_name"]) ?? "unnamed",
    metric: metric ?? "score",
    value: score?.["score"],
    stderr: objectAt(uncertainty, "standard_error")?.["value"],
    n: countOf(uncertainty?.["num_samples"]),
    higherIsBetter: typeof lower === "boolean" ? !lower : undefined,
    filter: textOf(details?.["filter"]),
    slice: textOf(details?.["slice"]),
    split: textOf(details?.["split"]) ?? textOf(objectOf(entry["source_data"])?.["hf_split"]),
    dataset: datasetOf(objectOf(entry["source_data"])),
  };
}

function datasetOf(source: JsonObject | undefined): EvalDataset | undefined {
  const repository = textOf(source?.["hf_repo"]);
  if (repository !== undefined) return { uri: `hf://datasets/${repository}` };
  const url = listOf(source?.["url"]).map(textOf).find(Boolean);
  const uri = url ?? textOf(source?.["dataset_name"]);
  return uri === undefined ? undefined : { uri };
}
