import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun } from "./eval-run.ts";
import { flatMetrics } from "./flat-metrics.ts";
import { foundTime } from "./found-time.ts";
import { textOf } from "./json-fields.ts";
import { objectOf } from "./json-file.ts";

/**
 * What `evaluate.save` of Hugging Face writes: the caller's keys, and some of its own that begin with an underscore.
 *
 * Its `_timestamp` has no time zone, so that the caller must say when it was.
 *
 * @see {@link https://github.com/huggingface/evaluate/blob/v0.4.6/src/evaluate/saving.py}
 */
export const hfEvaluate: EvalFormat = {
  name: "evaluate",
  title: "a file that evaluate.save of Hugging Face wrote",
  detect: (file, { files }) => textOf(objectOf(files.valueOf(file))?.["_evaluate_version"]) !== undefined,
  read: readHfEvaluate,
};

function readHfEvaluate(file: EvidenceFile, { files }: EvalContext): EvalRun {
  const value = objectOf(files.valueOf(file)) ?? {};
  const own = Object.entries(value).filter(([key]) => !key.startsWith("_"));
  return {
    results: flatMetrics(Object.fromEntries(own), file.path),
    partial: false,
    evaluatedAt: foundTime(value["_timestamp"]),
    harness: { name: "evaluate", version: textOf(value["_evaluate_version"]) ?? "unknown" },
  };
}
