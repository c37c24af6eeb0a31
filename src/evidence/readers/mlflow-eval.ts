import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalFiles } from "./eval-files.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun } from "./eval-run.ts";
import { flatMetrics, isNumbersOnly } from "./flat-metrics.ts";
import { countOf, listOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";

/**
 * What `EvaluationResult.save` of MLflow writes: `metrics.json`, with `artifacts_metadata.json` or a table of the rows
 * (`eval_results_table.json`) beside it, which tells it from other files of that name.
 *
 * @see {@link https://mlflow.org/docs/3.4.0/api_reference/python_api/mlflow.models.html#mlflow.models.EvaluationResult}
 */
export const mlflowEval: EvalFormat = {
  name: "mlflow",
  title: "metrics.json of MLflow's evaluation, with artifacts_metadata.json or eval_results_table.json",
  detect: (file, { files }) => {
    const value = objectOf(files.valueOf(file));
    if (!value || !isNumbersOnly(value) || Object.values(value).some((field) => objectOf(field))) return false;
    return files.all.some((one) => one !== file && (isMetadata(one, files) || rowsOf(one, files) !== undefined));
  },
  read: readMlflow,
};

function readMlflow(file: EvidenceFile, { files }: EvalContext): EvalRun {
  const value = objectOf(files.valueOf(file)) ?? {};
  const stated = countOf(value["example_count"]);
  const rows = files.all.map((one) => rowsOf(one, files)).find((count) => count !== undefined);
  if (stated !== undefined && rows !== undefined && stated !== rows) {
    const message = `its example_count is ${stated}, and the table of results has ${rows} rows`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
  }
  const n = stated ?? rows;
  return { results: flatMetrics(value, file.path).map((one) => ({ ...one, n })), partial: false };
}

/** Names of artifacts, each with where MLflow keeps it and the class that reads it. */
function isMetadata(file: EvidenceFile, files: EvalFiles): boolean {
  const artifacts = Object.values(objectOf(files.valueOf(file)) ?? {});
  return artifacts.length > 0 && artifacts.every((one) => objectOf(one)?.["class_name"] !== undefined);
}

/** Rows of a table in the split orientation of pandas. */
function rowsOf(file: EvidenceFile, files: EvalFiles): number | undefined {
  const value: JsonObject | undefined = objectOf(files.valueOf(file));
  if (!Array.isArray(value?.["columns"]) || !Array.isArray(value["data"])) return undefined;
  return listOf(value["data"]).length;
}
