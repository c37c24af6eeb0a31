import { digestHex, digestOf } from "../../base/digest.ts";
import { toDecimal } from "../decimal.ts";
import { EvidenceError } from "../errors.ts";
import { fileReference } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import type { Eval, EvalResult } from "../predicates/eval.ts";
import { evaluatedAt } from "./evaluated-at.ts";
import { type JsonObject, objectOf } from "./json-file.ts";
import type { ReadFiles } from "./reading.ts";

/** Suite names longer than this are hard to read and to write into a policy. */
const suiteNameLimitCharacters = 120;

/** Tells lm-evaluation-harness by what no other tool writes: results and task versions by task, beside the harness's config. */
export function isLmEval(value: JsonObject): boolean {
  return ["results", "versions", "config", "higher_is_better"].every((key) => objectOf(value[key]) !== undefined);
}

/**
 * Reads `results_*.json` of lm-evaluation-harness (0.4 line).
 *
 * Its metric keys are `<metric>,<filter>`, with `<metric>_stderr,<filter>` beside them. `partial` follows from
 * `config.limit` and from fewer effective than original samples. The file never hashes the weights: that it speaks of
 * this model is the word of whoever signs.
 *
 * @param value - with numbers as text, see `readExactJsonObject`.
 * @throws {@link EvidenceError} `EVIDENCE_INCOMPLETE` without a date, `EVIDENCE_INVALID`.
 * @see {@link https://github.com/EleutherAI/lm-evaluation-harness/blob/v0.4.9/lm_eval/loggers/evaluation_tracker.py}
 */
export function readLmEval(value: JsonObject, files: ReadFiles, input: Omit<EvidenceInput, "files">): Eval {
  const file = files[0].path;
  const tasks = Object.entries(objectOf(value["results"]) ?? {}).map(([task, row]) => ({
    task,
    results: taskResults(task, objectOf(row) ?? {}, value, file),
  }));
  const measured = tasks.filter(({ task, results }) => results.length > 0 || !isHeading(task, value));
  const empty = measured.find(({ results }) => results.length === 0);
  if (empty || measured.length === 0) {
    const where = empty ? `task ${empty.task} has` : "there are";
    throw invalid(file, `${where} no results, expected "<metric>,<filter>": number`);
  }
  const harness = value["lm_eval_version"];
  return {
    evaluatedAt: readDate(value, file, input.now),
    environment: input.environment ?? "offline",
    origin: "imported",
    suite: input.suite ?? suiteOf(value, measured.map(({ task }) => task).sort()),
    results: measured.flatMap(({ results }) => results),
    claims: [],
    partial: isPartial(value),
    ...(typeof harness === "string" && harness !== "" ? { harness: harnessOf(value, harness) } : {}),
    evidence: files.map(fileReference),
  };
}

/** Keys of a task's row that are not measurements: names, a count, and the blank that groups are headed with. */
function taskResults(task: string, row: JsonObject, file: JsonObject, name: string): EvalResult[] {
  const results: EvalResult[] = [];
  for (const [key, found] of Object.entries(row)) {
    const comma = key.indexOf(",");
    const metric = key.slice(0, comma);
    // The harness itself tells standard errors by this ending (lm_eval/utils.py, make_table).
    if (comma < 1 || metric.endsWith("_stderr")) continue;
    const filter = key.slice(comma + 1);
    const stderr = row[`${metric}_stderr,${filter}`];
    const samples = countsOf(task, file)?.effective;
    results.push({
      task,
      metric,
      ...(filter === "none" ? {} : { filter }),
      value: decimal(found, `${task} ${key}`, name),
      // "N/A" is what the harness writes for metrics without a standard error.
      ...(stderr === undefined || stderr === "N/A"
        ? {}
        : { stderr: decimal(stderr, `${task} ${metric}_stderr,${filter}`, name) }),
      ...(samples === undefined ? {} : { n: samples }),
      higherIsBetter: direction(task, metric, file, name),
    });
  }
  return results;
}

function decimal(found: unknown, where: string, file: string): string {
  try {
    if (typeof found === "string") return toDecimal(found);
  } catch (cause) {
    throw invalid(file, `${where}: ${(cause as Error).message}`, cause);
  }
  throw invalid(file, `${where} is ${JSON.stringify(found)?.slice(0, 50)}, expected a finite number`);
}

function direction(task: string, metric: string, file: JsonObject, name: string): boolean {
  const found = objectOf(objectOf(file["higher_is_better"])?.[task])?.[metric];
  if (typeof found === "boolean") return found;
  throw invalid(name, `higher_is_better of ${task} ${metric} is ${JSON.stringify(found)}, expected true or false`);
}

/** A group without numbers of its own is a heading over its subtasks in the harness's table. */
function isHeading(task: string, file: JsonObject): boolean {
  const subtasks = objectOf(file["group_subtasks"])?.[task];
  return Array.isArray(subtasks) && subtasks.length > 0;
}

function countsOf(task: string, file: JsonObject): { original: number; effective: number } | undefined {
  const counts = objectOf(objectOf(file["n-samples"])?.[task]);
  const original = count(counts?.["original"]);
  const effective = count(counts?.["effective"]);
  return original === undefined || effective === undefined ? undefined : { original, effective };
}

function count(found: unknown): number | undefined {
  return typeof found === "string" && /^[0-9]{1,15}$/.test(found) ? Number(found) : undefined;
}

function isPartial(file: JsonObject): boolean {
  if ((objectOf(file["config"])?.["limit"] ?? null) !== null) return true;
  return Object.keys(objectOf(file["n-samples"]) ?? {}).some((task) => {
    const counts = countsOf(task, file);
    return counts !== undefined && counts.effective < counts.original;
  });
}

/** Seconds since 1970, with a fraction. */
function readDate(file: JsonObject, name: string, now: Date): string {
  const found = file["date"];
  if (typeof found !== "string") {
    throw new EvidenceError("EVIDENCE_INCOMPLETE", "it does not say when it was made, expected date", {
      file: name,
      missing: ["date"],
    });
  }
  return evaluatedAt(new Date(Math.floor(Number(found)) * 1000), found, { now, file: name });
}

/**
 * The harness has no name for a run over several tasks, but two runs compare only when they are the same: the name is
 * made of the tasks, the version of their versions and numbers of examples in the prompt.
 */
function suiteOf(file: JsonObject, tasks: readonly string[]): Eval["suite"] {
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

/** Versions are numbers, which reading has turned into text, or text. */
function textOf(found: unknown): string | undefined {
  return typeof found === "string" && found !== "" ? found : undefined;
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

function invalid(file: string, message: string, cause?: unknown): EvidenceError {
  return new EvidenceError("EVIDENCE_INVALID", message, { file, cause });
}
