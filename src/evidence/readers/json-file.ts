import { decodeUtf8 } from "../../base/bytes.ts";
import { type JsonValue, parseStrictJson } from "../../base/json.ts";
import { jsonDepthLimit } from "../../base/limits.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import { jsonValueLimit } from "../limits.ts";

export type JsonObject = { readonly [key: string]: JsonValue };

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
  // A reviver with the source text of each number (ES2026) takes more than twice the time on long lists.
  return JSON.parse(quoteNumbers(decodeUtf8(file.bytes))) as JsonValue;
}

/** Makes a string of each number. @param text - JSON that has been parsed already. */
function quoteNumbers(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x22) at = stringEnd(text, at);
    else if (character === 0x2d || (character >= 0x30 && character <= 0x39)) {
      const start = at;
      while (at < text.length && "0123456789+-.eE".includes(text.charAt(at))) at++;
      parts.push(text.slice(from, start), '"', text.slice(start, at), '"');
      from = at;
      at--;
    }
  }
  return parts.join("") + text.slice(from);
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === "\\" ? 2 : 1;
  return at;
}

/** Looks at brackets and commas alone, before a parser makes a gigabyte of a few megabytes. */
function refuseExcess({ path, bytes }: EvidenceFile): void {
  let [values, depth] = [0, 0];
  for (let at = 0; at < bytes.byteLength; at++) {
    const byte = bytes[at];
    if (byte === 0x22) {
      for (at++; at < bytes.byteLength && bytes[at] !== 0x22; at++) if (bytes[at] === 0x5c) at++;
    } else if (byte === 0x5b || byte === 0x7b) {
      values++;
      if (++depth > jsonDepthLimit) throw excess(path, `is nested deeper than ${jsonDepthLimit}`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
    else if (byte === 0x2c && ++values > jsonValueLimit) throw excess(path, `has more than ${jsonValueLimit} values`);
  }
}

const excess = (file: string, what: string) => new EvidenceError("EVIDENCE_INVALID", `its JSON ${what}`, { file });

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
  refuseExcess(file);
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
