import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun, Measurement } from "./eval-run.ts";
import { refuseNonFinite } from "./flat-metrics.ts";
import { foundSeconds, foundTime } from "./found-time.ts";
import { countOf, textOf } from "./json-fields.ts";
import type { JsonObject } from "./json-file.ts";
import { csvHeader, fieldAt, rowsOf } from "./mapped-table.ts";

/** What `--map` may place, beside `value:<metric>` and `stderr:<metric>`. */
export const mappedFields = [
  "task",
  "metric",
  "value",
  "filter",
  "slice",
  "split",
  "stderr",
  "n",
  "direction",
  "suite",
  "version",
  "time",
  "rows",
] as const;

/**
 * CSV, JSON or JSON lines that no tool defines, with the caller's word on where what stands; and CSV whose columns have
 * the names of the fields already.
 */
export const mappedEval: EvalFormat = {
  name: "map",
  title: "CSV, JSON or JSON lines, with --map value=<column> --map metric=<column>, or such columns",
  detect: (file, context) => {
    if (context.input.eval?.map) return true;
    const header = csvHeader(file, context);
    return header.includes("metric") && header.includes("value");
  },
  read: readMapped,
};

type Place = (field: string, row: JsonObject) => JsonValue | undefined;

function readMapped(file: EvidenceFile, context: EvalContext): EvalRun {
  const map = context.input.eval?.map ?? Object.fromEntries(mappedFields.map((field) => [field, field]));
  const unknown = Object.keys(map).find((field) => !isField(field));
  if (unknown !== undefined) {
    const message = `--map ${unknown} is no field, expected one of ${mappedFields.join(", ")}, value:<metric>`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
  }
  const place: Place = (field, row) => {
    const where = map[field];
    if (where === undefined) return undefined;
    return where.startsWith("=") ? where.slice(1) : fieldAt(row, where);
  };
  const rows = rowsOf(file, context, context.input.eval?.map?.["rows"]);
  const [first = {}] = rows;
  const [suite, version] = ["suite", "version"].map((field) => textOf(place(field, first)));
  const times = rows.flatMap((row) => timeOf(place("time", row)) ?? []).sort((a, b) => +a.time - +b.time);
  return {
    results: rows.flatMap((row) => rowResults(row, map, { place, file })),
    partial: false,
    ...(suite === undefined ? {} : { suite: { name: suite, version: version ?? "unversioned" } }),
    // The oldest row: what is newer may not make it look fresh.
    ...(times[0] ? { evaluatedAt: times[0] } : {}),
  };
}

function isField(field: string): boolean {
  return /^(?:value|stderr):./.test(field) || (mappedFields as readonly string[]).includes(field);
}

interface RowReader {
  readonly place: Place;
  readonly file: EvidenceFile;
}

function rowResults(row: JsonObject, map: Readonly<Record<string, string>>, { place, file }: RowReader): Measurement[] {
  const text = (field: string) => textOf(place(field, row));
  const common = {
    ...(text("task") === undefined ? {} : { task: text("task") as string }),
    filter: text("filter"),
    slice: text("slice"),
    split: text("split"),
    n: countOf(place("n", row)),
    higherIsBetter: directionOf(text("direction"), file),
  };
  const wide = Object.keys(map).flatMap((field) => (field.startsWith("value:") ? [field.slice(6)] : []));
  const results: Measurement[] = wide.map((metric) => ({
    ...common,
    metric,
    value: place(`value:${metric}`, row),
    stderr: blankIsNothing(place(`stderr:${metric}`, row)),
  }));
  if (map["value"] !== undefined) {
    const metric = text("metric");
    if (metric === undefined)
      throw invalid(file, "a row has no metric, expected --map metric=<column> or metric==<name>");
    results.push({ ...common, metric, value: place("value", row), stderr: blankIsNothing(place("stderr", row)) });
  }
  if (results.length === 0)
    throw invalid(file, "--map places no value, expected --map value=<column> or value:<metric>");
  for (const { metric, value } of results) refuseNonFinite(value, metric, file.path);
  return results;
}

const blankIsNothing = (value: JsonValue | undefined) => (value === "" ? undefined : value);

const timeOf = (value: JsonValue | undefined) => foundTime(value) ?? foundSeconds(value);

function directionOf(text: string | undefined, file: EvidenceFile): boolean | undefined {
  const word = text?.toLowerCase();
  if (word === undefined) return undefined;
  if (["higher", "true", "max", "maximize"].includes(word)) return true;
  if (["lower", "false", "min", "minimize"].includes(word)) return false;
  throw invalid(file, `a direction is ${JSON.stringify(word.slice(0, 40))}, expected higher or lower`);
}

function invalid(file: EvidenceFile, message: string): EvidenceError {
  return new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
}
