import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun, Measurement } from "./eval-run.ts";
import { flatMetrics } from "./flat-metrics.ts";
import { countOf, objectsOf, textOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";

/** What `Trainer` puts before the names of metrics, the split they stand for first. */
const prefixes = ["eval", "test", "predict"];

const resultsPattern = /^(?:eval|test|predict|train)_/;

/**
 * `trainer_state.json` of transformers: the last evaluation in its log, which must be of the step that was saved.
 *
 * @see {@link https://github.com/huggingface/transformers/blob/v4.57.1/src/transformers/trainer_callback.py}
 */
export const trainerState: EvalFormat = {
  name: "trainer-state",
  title: "trainer_state.json of transformers",
  detect: (file, { files }) => {
    const value = objectOf(files.valueOf(file));
    return value?.["global_step"] !== undefined && Array.isArray(value["log_history"]);
  },
  read: readTrainerState,
};

/** `all_results.json`, `eval_results.json` and their like, as the example scripts of transformers write them. */
export const trainerResults: EvalFormat = {
  name: "trainer-results",
  title: "all_results.json or eval_results.json of transformers",
  detect: (file, { files }) => {
    const keys = Object.keys(objectOf(files.valueOf(file)) ?? {});
    const isNamed = keys.every((key) => key === "epoch" || key === "total_flos" || resultsPattern.test(key));
    return (
      isNamed && keys.some((key) => /^(?:eval|test|predict)_(?:runtime|samples|loss|samples_per_second)$/.test(key))
    );
  },
  read: (file, { files }) => resultsOf(objectOf(files.valueOf(file)) ?? {}, file),
};

function readTrainerState(file: EvidenceFile, { files }: EvalContext): EvalRun {
  const value = objectOf(files.valueOf(file)) ?? {};
  const last = objectsOf(value["log_history"]).findLast((entry) =>
    Object.keys(entry).some((key) => /^eval_/.test(key)),
  );
  if (!last) {
    const message = "its log has no evaluation, expected an entry with eval_…";
    throw new EvidenceError("EVIDENCE_INCOMPLETE", message, { file: file.path, missing: ["log_history"] });
  }
  const [saved, step] = [textOf(value["global_step"]), textOf(last["step"])];
  if (saved !== step) {
    const message = `its last evaluation is of step ${step}, and the weights are those of step ${saved}`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
  }
  return resultsOf(last, file);
}

function resultsOf(row: JsonObject, file: EvidenceFile): EvalRun {
  const present = prefixes.filter((prefix) => Object.keys(row).some((key) => key.startsWith(`${prefix}_`)));
  const results = present.flatMap((prefix, index) => {
    const fields = Object.entries(row).flatMap(([key, value]) =>
      key.startsWith(`${prefix}_`) ? [[key.slice(prefix.length + 1), value] as const] : [],
    );
    const n = countOf(row[`${prefix}_samples`]);
    return flatMetrics(Object.fromEntries(fields), file.path).map(
      (one): Measurement => ({
        ...one,
        split: prefix,
        slice: index === 0 ? undefined : `split=${prefix}`,
        n,
      }),
    );
  });
  return { results, partial: false };
}
