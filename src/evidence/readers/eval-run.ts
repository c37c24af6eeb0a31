import type { JsonValue } from "../../base/json.ts";
import { toDecimal } from "../decimal.ts";
import { EvidenceError } from "../errors.ts";
import type { EvalInput } from "../eval-input.ts";
import { fileReference } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import { toContentDigest } from "../predicates/digest-set.ts";
import type { Eval, EvalDataset, EvalResult } from "../predicates/eval.ts";
import { evaluatedAt } from "./evaluated-at.ts";
import { knownDirection } from "./metric-direction.ts";
import { observedAt } from "./observed-at.ts";
import type { ReadFiles } from "./reading.ts";

/** One number as a reader found it. */
export interface Measurement {
  /** Default: the suite's name, for tools that know one set of numbers and no tasks. */
  readonly task?: string;
  readonly metric: string;
  readonly filter?: string | undefined;
  readonly slice?: string | undefined;
  readonly split?: string | undefined;
  /** A number as the text it was written in; anything else is refused. */
  readonly value: JsonValue | undefined;
  readonly stderr?: JsonValue | undefined;
  readonly n?: number | undefined;
  /** Only where the file says so; `null` where it says that there is no one direction. */
  readonly higherIsBetter?: boolean | null | undefined;
  readonly dataset?: EvalDataset | undefined;
}

/** A time, and how the file writes it. */
export interface FoundTime {
  readonly time: Date;
  readonly found: string;
}

/** What every reader of evaluations makes of its format; {@link evalOf} makes the predicate of it. */
export interface EvalRun {
  readonly results: readonly Measurement[];
  readonly partial: boolean;
  /** The harness's own name for what was run, or one made from it. */
  readonly suite?: { readonly name: string; readonly version: string } | undefined;
  /** Default: the end of the run, else its begin. */
  readonly evaluatedAt?: FoundTime | undefined;
  readonly startedAt?: FoundTime | undefined;
  readonly finishedAt?: FoundTime | undefined;
  readonly dataset?: EvalDataset | undefined;
  readonly harness?: Eval["harness"] | undefined;
  readonly seeds?: Readonly<Record<string, string>> | undefined;
}

interface RunContext {
  /** The file that was read, then the others. */
  readonly files: ReadFiles;
  readonly input: Omit<EvidenceInput, "files">;
}

/**
 * Brings a run into the form of the predicate: decimals, directions, one suite, one time.
 *
 * What the caller says fills gaps and never overrules the file: a contradiction is an error.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INCOMPLETE` names everything that is missing and the flag that says it;
 * `EVIDENCE_INVALID` for a value that is not finite, a time in the future or a contradiction.
 */
export function evalOf(run: EvalRun, { files, input }: RunContext): Eval {
  const file = files[0].path;
  const flags = input.eval ?? {};
  const suite = input.suite ?? run.suite;
  const time = timeOf(run, input, file);
  const { results, directionless } = directedResults(run, { flags, suite, file });
  const missing = [
    ...(suite ? [] : ["suite (--suite name@version)"]),
    ...(time ? [] : ["when it ran (--observed-at 2026-01-31T12:00:00Z)"]),
    ...directionless.map((metric) => `whether more is better (--direction ${metric}=higher|lower|ignore)`),
  ];
  if (!suite || !time || directionless.length > 0) {
    const names = [...(suite ? [] : ["suite"]), ...(time ? [] : ["evaluatedAt"]), ...directionless];
    throw new EvidenceError("EVIDENCE_INCOMPLETE", `it lacks ${missing.join(", ")}`, { file, missing: names });
  }
  if (results.length === 0) throw invalid(file, "there are no results in it, expected at least one finite number");
  const dataset = mergedDataset(run.dataset, flags.dataset, file);
  const seeds = mergedSeeds(run.seeds, flags.seeds, file);
  return {
    evaluatedAt: time,
    ...(run.startedAt ? { startedAt: utc(run.startedAt, input.now, file) } : {}),
    ...(run.finishedAt ? { finishedAt: utc(run.finishedAt, input.now, file) } : {}),
    environment: input.environment ?? "offline",
    origin: "imported",
    suite: { ...suite, ...(flags.plan ? { plan: { digest: toContentDigest(flags.plan) } } : {}) },
    results: results.map((result) => finished(result, suite.name, file)),
    claims: [],
    partial: run.partial,
    ...(dataset ? { dataset } : {}),
    ...(seeds ? { seeds } : {}),
    ...(run.harness ? { harness: run.harness } : {}),
    evidence: files.map(fileReference),
  };
}

function timeOf(run: EvalRun, { observedAt: given, now }: RunContext["input"], file: string): string | undefined {
  const claim = run.evaluatedAt ?? run.finishedAt ?? run.startedAt;
  const stated = claim && utc(claim, now, file);
  const asked = given === undefined ? undefined : observedAt(given, { now, file });
  if (stated !== undefined && asked !== undefined && stated !== asked) {
    throw invalid(file, `it says that it ran at ${stated}, but ${asked} was asked for`);
  }
  return stated ?? asked;
}

const utc = ({ time, found }: FoundTime, now: Date, file: string) => evaluatedAt(time, found, { now, file });

type Directed = Measurement & { readonly higherIsBetter: boolean };

function directedResults(
  run: EvalRun,
  { flags, suite, file }: { flags: EvalInput; suite: EvalRun["suite"]; file: string },
): { results: Directed[]; directionless: string[] } {
  const results: Directed[] = [];
  const directionless = new Set<string>();
  for (const result of run.results) {
    const { metric, higherIsBetter: stated } = result;
    const given = flags.directions?.[`${result.task ?? suite?.name}.${metric}`] ?? flags.directions?.[metric];
    if (given === "ignore") continue;
    if (given && typeof stated === "boolean" && (given === "higher") !== stated) {
      throw invalid(file, `it says that ${stated ? "more" : "less"} ${metric} is better, but ${given} was asked for`);
    }
    const direction = given ?? (stated === undefined ? knownDirection(metric) : undefined);
    if (typeof stated === "boolean") results.push({ ...result, higherIsBetter: stated });
    else if (direction === "higher" || direction === "lower") {
      results.push({ ...result, higherIsBetter: direction === "higher" });
    } else if (direction === undefined) directionless.add(metric);
  }
  return { results, directionless: [...directionless].slice(0, 20) };
}

function finished(result: Directed, suite: string, file: string): EvalResult {
  const { task = suite, metric, filter, slice, split, n, higherIsBetter, dataset } = result;
  const where = `${task} ${metric}${filter === undefined ? "" : `,${filter}`}`;
  return {
    task,
    metric,
    ...(filter === undefined ? {} : { filter }),
    ...(slice === undefined ? {} : { slice }),
    value: decimal(result.value, where, file),
    ...(result.stderr === undefined || result.stderr === null
      ? {}
      : { stderr: decimal(result.stderr, `standard error of ${where}`, file) }),
    ...(n === undefined ? {} : { n }),
    higherIsBetter,
    ...(split === undefined ? {} : { split }),
    ...(dataset === undefined ? {} : { dataset }),
  };
}

function decimal(found: JsonValue | undefined, where: string, file: string): string {
  try {
    if (typeof found === "string") return toDecimal(found);
  } catch (cause) {
    throw invalid(file, `${where}: ${(cause as Error).message}`, cause);
  }
  throw invalid(file, `${where} is ${JSON.stringify(found)?.slice(0, 50)}, expected a finite number`);
}

function mergedDataset(stated: EvalDataset | undefined, given: EvalDataset | undefined, file: string) {
  if (!stated || !given) return given ?? stated;
  if (stated.uri !== given.uri) throw invalid(file, `it ran on ${stated.uri}, but ${given.uri} was asked for`);
  return { ...stated, ...given };
}

function mergedSeeds(stated: EvalRun["seeds"], given: EvalInput["seeds"], file: string) {
  for (const [name, seed] of Object.entries(given ?? {})) {
    const found = stated?.[name];
    if (found !== undefined && found !== seed) throw invalid(file, `its seed ${name} is ${found}, not ${seed}`);
  }
  const seeds = { ...stated, ...given };
  return Object.keys(seeds).length > 0 ? seeds : undefined;
}

function invalid(file: string, message: string, cause?: unknown): EvidenceError {
  return new EvidenceError("EVIDENCE_INVALID", message, { file, cause });
}
