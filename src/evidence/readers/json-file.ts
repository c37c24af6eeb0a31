import { decodeUtf8 } from "../../base/bytes.ts";
import { type JsonValue, parseStrictJson } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";

export type JsonObject = { readonly [key: string]: JsonValue };

/** JSON.parse with the source text of primitives (ES2026, "JSON.parse source text access"), which TypeScript lacks. */
type ExactParse = (
  text: string,
  reviver: (key: string, value: JsonValue, context: { readonly source?: string }) => JsonValue,
) => JsonValue;

/** What Python's json module writes for floats that JSON does not have. */
const nonFinitePattern = /[:[,]\s{0,100}(-?(?:NaN|Infinity))/;

/** Parses a JSON object. @throws {@link EvidenceError} `EVIDENCE_INVALID`. */
export function readJsonObject(file: EvidenceFile): JsonObject {
  return asObject(parse(file), file);
}

/**
 * Parses a JSON object and keeps each number as the text it was written in: `0.10` stays `"0.10"`.
 *
 * A double would change digits on the way, and nobody could find the signed value in the file it comes from.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID`, for `NaN` and `Infinity` with a message of their own.
 */
export function readExactJsonObject(file: EvidenceFile): JsonObject {
  return asObject(readExactJson(file), file);
}

/** Parses JSON of any kind with numbers as text. @throws like {@link readExactJsonObject}. */
export function readExactJson(file: EvidenceFile): JsonValue {
  parse(file);
  return (JSON.parse as ExactParse)(decodeUtf8(file.bytes), (_key, value, context) =>
    typeof value === "number" && context.source !== undefined ? context.source : value,
  );
}

/** Tells whether a file is meant to be a JSON object, by its first character; a `[` may also start a Markdown link. */
export function looksLikeJson(file: EvidenceFile): boolean {
  return /^\s*\{/.test(Buffer.from(file.bytes.subarray(0, 1024)).toString("latin1"));
}

/** The value as an object with string keys, or nothing. */
export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The value where it is text, else the empty one. */
export function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function parse(file: EvidenceFile): JsonValue {
  try {
    return parseStrictJson(file.bytes);
  } catch (cause) {
    const nonFinite = nonFinitePattern.exec(Buffer.from(file.bytes).toString("utf8"))?.[1];
    const reason = nonFinite
      ? `it holds ${nonFinite}, expected finite numbers only`
      : `it is not valid JSON: ${(cause as Error).message}`;
    throw new EvidenceError("EVIDENCE_INVALID", reason, { file: file.path, cause });
  }
}

function asObject(value: JsonValue, file: EvidenceFile): JsonObject {
  const object = objectOf(value);
  if (object) return object;
  const found = Array.isArray(value) ? "an array" : typeof value;
  throw new EvidenceError("FORMAT_UNKNOWN", `it is JSON with ${found} at the top, expected an object`, {
    file: file.path,
  });
}
