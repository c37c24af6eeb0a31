import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import { dvcMetrics } from "./dvc-metrics.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import { everyEvalEver } from "./every-eval-ever.ts";
import { helm } from "./helm.ts";
import { hfEvalResults } from "./hf-eval-results.ts";
import { hfEvaluate } from "./hf-evaluate.ts";
import { inspectLog } from "./inspect-log.ts";
import { lmEval } from "./lm-eval.ts";
import { mappedEval } from "./mapped-eval.ts";
import { mlflowEval } from "./mlflow-eval.ts";
import { modelIndex } from "./model-index.ts";
import { openaiEvals } from "./openai-evals.ts";
import { plainEval } from "./plain-eval.ts";
import { plainMetrics } from "./plain-metrics.ts";
import { trainerResults, trainerState } from "./trainer-metrics.ts";

/** Formats that have something no other has. */
const ownFormats: readonly EvalFormat[] = [
  plainEval,
  lmEval,
  inspectLog,
  helm,
  everyEvalEver,
  openaiEvals,
  mlflowEval,
  dvcMetrics,
  hfEvaluate,
  hfEvalResults,
  modelIndex,
  trainerState,
  trainerResults,
];

/** Formats that are little more than numbers with names: asked when no other knows the file. */
const looseFormats: readonly EvalFormat[] = [mappedEval, plainMetrics];

export const evalFormats: readonly EvalFormat[] = [...ownFormats, ...looseFormats];

/** A format and the file of it that is read. */
export interface DetectedEval {
  readonly format: EvalFormat;
  readonly file: EvidenceFile;
}

/**
 * Tells which of the files is the result of an evaluation, and of which tool: the first file that a format knows.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` when several formats know one file, or none knows any; it lists what
 * was tried, and the way out. A file that is broken JSON, YAML or text is `EVIDENCE_INVALID`.
 */
export function detectEval(context: EvalContext): DetectedEval {
  const { files, input } = context;
  const { format: named, map } = input.eval ?? {};
  if (named !== undefined) return namedFormat(named, context);
  const [first] = files.all;
  // Somebody who says where things stand does not want to be understood otherwise.
  if (map !== undefined) return { format: mappedEval, file: first };
  for (const formats of [ownFormats, looseFormats]) {
    for (const file of files.all) {
      const [format, ...others] = formats.filter((one) => one.detect(file, context));
      if (format && others.length === 0) return { format, file };
      if (format) throw ambiguous(file, [format, ...others]);
    }
  }
  throw files.problemOf(first) ?? unknown(first, context);
}

/** The first file that a named format knows, else the first of all: its reader says what is wrong with it. */
function namedFormat(name: string, context: EvalContext): DetectedEval {
  const [first] = context.files.all;
  const format = evalFormats.find((one) => one.name === name);
  if (!format) {
    const names = evalFormats.map((one) => one.name).join(", ");
    throw new EvidenceError("FORMAT_UNKNOWN", `there is no format ${name.slice(0, 40)}, expected one of ${names}`, {
      file: first.path,
    });
  }
  const file = context.files.all.find((one) => format.detect(one, context));
  if (file) return { format, file };
  // Loose formats take what their detection is too careful for.
  if (looseFormats.includes(format)) return { format, file: first };
  throw (
    context.files.problemOf(first) ??
    new EvidenceError("FORMAT_UNKNOWN", `it is not ${format.title}`, { file: first.path })
  );
}

function ambiguous(file: EvidenceFile, formats: readonly EvalFormat[]): EvidenceError {
  const titles = formats.map(({ title }) => title).join(", and like ");
  const flags = formats.map(({ name }) => `--from ${name}`).join(" or ");
  return new EvidenceError("FORMAT_UNKNOWN", `it looks like ${titles}; expected one of them: ${flags}`, {
    file: file.path,
  });
}

function unknown(file: EvidenceFile, { files }: EvalContext): EvidenceError {
  const value = files.valueOf(file);
  const keys = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : undefined;
  const found = keys
    ? `its keys are ${
        keys
          .slice(0, 8)
          .map((key) => key.slice(0, 60))
          .join(", ") || "none"
      }`
    : Array.isArray(value)
      ? "it is a list"
      : "it is no JSON";
  const tried = evalFormats.map(({ name, title }) => `${name} (${title})`).join("; ");
  return new EvidenceError("FORMAT_UNKNOWN", `${found}; expected one of: ${tried}`, { file: file.path });
}
