import { digestHex, digestOf } from "../../base/digest.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { Eval, EvalDataset } from "../predicates/eval.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun, FoundTime, Measurement } from "./eval-run.ts";
import { foundSeconds } from "./found-time.ts";
import { countOf, objectAt, textOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";
import { checkLmEvalSamples } from "./lm-eval-samples.ts";

/** Suite names longer than this are hard to read and to write into a policy. */
const suiteNameLimitCharacters = 120;

/**
 * `results_*.json` of lm-evaluation-harness (0.4 line), with its `samples_<task>_*.jsonl` beside it or without.
 *
 * Its metric keys are `<metric>,<filter>`, with `<metric>_stderr,<filter>` beside them. `partial` follows from
 * `config.limit` and from fewer effective than original samples. The file never hashes the weights: that it speaks of
 * this model is the word of whoever signs.
 *
 * @see {@link https://github.com/EleutherAI/lm-evaluation-harness/blob/v0.4.9/lm_eval/loggers/evaluation_tracker.py}
 */
export const lmEval: EvalFormat = {
  name: "lm-eval",
  title: "results_*.json of lm-evaluation-harness",
  // What no other tool writes: results and task versions by task, beside the harness's config.
  detect: (file, { files }) =>
    ["results", "versions", "config", "n-shot"].every((key) => objectAt(files.valueOf(file), key) !== undefined),
  read: readLmEval,
};

function readLmEval(file: EvidenceFile, context: EvalContext): EvalRun {
  const value = objectOf(context.files.valueOf(file)) ?? {};
  const tasks = Object.entries(objectOf(value["results"]) ?? {}).map(([task, row]) => ({
    task,
    results: taskResults(task, objectOf(row) ?? {}, value),
  }));
  const measured = tasks.filter(({ task, results }) => results.length > 0 || !isHeading(task, value));
  const empty = measured.find(({ results }) => results.length === 0);
  if (empty || measured.length === 0) {
    const where = empty ? `task ${empty.task} has` : "there are";
    const message = `${where} no results, expected "<metric>,<filter>": number`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
  }
  checkLmEvalSamples(context.files, (task) => countsOf(task, value)?.effective);
  const harness = textOf(value["lm_eval_version"]);
  return {
    ...times(value, file),
    suite: suiteOf(value, measured.map(({ task }) => task).sort()),
    results: measured.flatMap(({ results }) => results),
    partial: isPartial(value),
    seeds: seedsOf(value),
    ...(harness === undefined ? {} : { harness: harnessOf(value, harness) }),
  };
}

/** Keys of a task's row that are not measurements: names, a count, and the blank that groups are headed with. */
function taskResults(task: string, row: JsonObject, file: JsonObject): Measurement[] {
  const results: Measurement[] = [];
  const config = objectAt(file["configs"], task);
  const directions = objectAt(file["higher_is_better"], task) ?? {};
  for (const [key, value] of Object.entries(row)) {
    const comma = key.indexOf(",");
    const metric = key.slice(0, comma);
    // The harness itself tells standard errors by this ending (lm_eval/utils.py, make_table).
    if (comma < 1 || metric.endsWith("_stderr")) continue;
    const filter = key.slice(comma + 1);
    const stderr = row[`${metric}_stderr,${filter}`];
    const direction = directions[metric];
    results.push({
      task,
      metric,
      filter: filter === "none" ? undefined : filter,
      value,
      // "N/A" is what the harness writes for metrics without a standard error.
      stderr: stderr === "N/A" ? undefined : stderr,
      n: countsOf(task, file)?.effective,
      // Null for a group whose tasks do not agree.
      higherIsBetter: typeof direction === "boolean" || direction === null ? direction : undefined,
      split: textOf(config?.["test_split"]) ?? textOf(config?.["validation_split"]),
      dataset: datasetOf(config),
    });
  }
  return results;
}

function datasetOf(config: JsonObject | undefined): EvalDataset | undefined {
  const path = textOf(config?.["dataset_path"]);
  // Loaders of local files (`json`, `csv`) and absolute paths say where data lay on somebody's machine, not what it is.
  if (path === undefined || !/^[\w.-]+\/[\w.-]+$/.test(path)) return undefined;
  const name = textOf(config?.["dataset_name"]);
  const revision = textOf(objectAt(config, "dataset_kwargs")?.["revision"]);
  const annotations = { ...(name ? { name } : {}), ...(revision ? { revision } : {}) };
  return { uri: `hf://datasets/${path}`, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) };
}

/** A group without numbers of its own is a heading over its subtasks in the harness's table. */
function isHeading(task: string, file: JsonObject): boolean {
  const subtasks = objectOf(file["group_subtasks"])?.[task];
  return Array.isArray(subtasks) && subtasks.length > 0;
}

function countsOf(task: string, file: JsonObject): { original: number; effective: number } | undefined {
  const counts = objectAt(file["n-samples"], task);
  const original = countOf(counts?.["original"]);
  const effective = countOf(counts?.["effective"]);
  return original === undefined || effective === undefined ? undefined : { original, effective };
}

function isPartial(file: JsonObject): boolean {
  if ((objectOf(file["config"])?.["limit"] ?? null) !== null) return true;
  return Object.keys(objectOf(file["n-samples"]) ?? {}).some((task) => {
    const counts = countsOf(task, file);
    return counts !== undefined && counts.effective < counts.original;
  });
}

/** `date` is when the run began; the harness's other clock counts from the start of the machine. */
function times(file: JsonObject, { path }: EvidenceFile): Pick<EvalRun, "evaluatedAt" | "startedAt" | "finishedAt"> {
  const begin = foundSeconds(file["date"]);
  if (!begin) {
    if (file["date"] === undefined) return {};
    const message = `evaluation time ${JSON.stringify(file["date"]).slice(0, 50)} is not a time`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: path });
  }
  const seconds = textOf(file["total_evaluation_time_seconds"]);
  const end = seconds && /^[0-9]{1,9}(?:\.[0-9]{1,30})?$/.test(seconds) ? Number(seconds) : undefined;
  const finishedAt: FoundTime | undefined =
    end === undefined
      ? undefined
      : { time: new Date(begin.time.getTime() + Math.floor(end) * 1000), found: `${begin.found} + ${seconds} s` };
  return { evaluatedAt: begin, startedAt: begin, finishedAt };
}

function seedsOf(file: JsonObject): Readonly<Record<string, string>> {
  const config = objectOf(file["config"]);
  const seeds = ["random", "numpy", "torch", "fewshot"].flatMap((name) => {
    const seed = textOf(config?.[`${name}_seed`]);
    return seed === undefined ? [] : [[name, seed] as const];
  });
  return Object.fromEntries(seeds);
}

/**
 * The harness has no name for a run over several tasks, but two runs compare only when they are the same: the name is
 * made of the tasks, the version of their versions and numbers of examples in the prompt.
 */
function suiteOf(file: JsonObject, tasks: readonly string[]): NonNullable<EvalRun["suite"]> {
  const shots = objectOf(file["n-shot"]);
  const versions = objectOf(file["versions"]);
  const settings = tasks.map(
    (task) => `${textOf(versions?.[task]) ?? "unversioned"}-${textOf(shots?.[task]) ?? "0"}shot`,
  );
  const name = tasks.join("+");
  const isMixed = new Set(settings).size > 1;
  return {
    name: name.length > suiteNameLimitCharacters ? `lm_eval-${tasks.length}-tasks-${shortHash(tasks)}` : name,
    version: isMixed ? `mixed-${shortHash(settings)}` : (settings[0] ?? "unversioned"),
  };
}

/** Twelve hex digits: a name for people, not a proof. */
function shortHash(lines: readonly string[]): string {
  return digestHex(digestOf(lines.join("\n"))).slice(0, 12);
}

function harnessOf(file: JsonObject, version: string): NonNullable<Eval["harness"]> {
  const commit = file["git_hash"];
  // The harness often writes an abbreviated hash, which identifies nothing.
  const isFull = typeof commit === "string" && /^[0-9a-f]{40}$/.test(commit);
  return { name: "lm_eval", version, ...(isFull ? { digest: { gitCommit: commit } } : {}) };
}
