import type { JsonValue } from "../../base/json.ts";
import { documentLimitBytes } from "../../base/limits.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import { evalResultLimit } from "../limits.ts";
import { parseCsv } from "./csv.ts";
import type { EvalContext } from "./eval-format.ts";
import { objectsOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";
import { firstJsonLine, jsonLines } from "./json-lines.ts";

/**
 * The rows of a file that no tool defines: of CSV, of JSON lines, of a JSON list of objects (at the top or where `path`
 * says), or the one row that a JSON object is.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` for anything else, `EVIDENCE_INVALID` for a broken one.
 */
export function rowsOf(file: EvidenceFile, { files }: EvalContext, path?: string): readonly JsonObject[] {
  const value = files.valueOf(file);
  if (value !== undefined) {
    const inner = path === undefined ? value : fieldAt(value, path);
    const rows = Array.isArray(inner) ? objectsOf(inner) : [objectOf(inner) ?? {}];
    if (rows.length === 0) throw unknown(file, `there is no list of objects${path === undefined ? "" : ` at ${path}`}`);
    return limited(rows, file);
  }
  if (firstJsonLine(file)) return limited(take(jsonLines(file)), file);
  const problem = files.problemOf(file);
  if (problem) throw problem;
  return csvRows(file, files.textOf(file));
}

/** What stands where a dotted path leads; a key may have dots in it. */
export function fieldAt(value: JsonValue | undefined, path: string): JsonValue | undefined {
  const object = objectOf(value);
  if (!object) return undefined;
  if (Object.hasOwn(object, path)) return object[path];
  for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1)) {
    const key = path.slice(0, dot);
    if (!Object.hasOwn(object, key)) continue;
    const found = fieldAt(object[key], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The names of the columns of CSV; empty for a file that is none. Never throws. */
export function csvHeader(file: EvidenceFile, { files }: EvalContext): readonly string[] {
  if (file.bytes.byteLength > documentLimitBytes) return [];
  const head = files.headOf(file)?.split("\n")[0] ?? "";
  try {
    return parseCsv(head, 1)[0] ?? [];
  } catch {
    return [];
  }
}

function csvRows(file: EvidenceFile, text: string): readonly JsonObject[] {
  let table: readonly (readonly string[])[];
  try {
    table = parseCsv(text, evalResultLimit);
  } catch (cause) {
    throw new EvidenceError("EVIDENCE_INVALID", (cause as Error).message, { file: file.path, cause });
  }
  const [header = [], ...rows] = table;
  if (header.length < 2 || rows.length === 0) throw unknown(file, "it is neither JSON nor CSV with a header and rows");
  if (new Set(header).size !== header.length) {
    throw new EvidenceError("EVIDENCE_INVALID", "two of its columns have one name", { file: file.path });
  }
  return rows.map((cells) => Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ""])));
}

function* take(lines: Iterable<JsonObject>): Generator<JsonObject> {
  let count = 0;
  for (const line of lines) {
    yield line;
    if (++count > evalResultLimit) return;
  }
}

function limited(rows: Iterable<JsonObject>, file: EvidenceFile): readonly JsonObject[] {
  const all = [...rows];
  if (all.length <= evalResultLimit) return all;
  const message = `it has more than ${evalResultLimit} rows`;
  throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
}

function unknown(file: EvidenceFile, message: string): EvidenceError {
  return new EvidenceError("FORMAT_UNKNOWN", `${message}, expected CSV, JSON or JSON lines`, { file: file.path });
}
