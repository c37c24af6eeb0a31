import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import { decimalLimitCharacters } from "../limits.ts";
import type { Measurement } from "./eval-run.ts";
import { type JsonObject, objectOf } from "./json-file.ts";

/** What languages print for numbers that are none; in YAML and CSV it is not even a syntax error. */
const nonFinitePattern = /^[+-]?\.?(?:nan|inf(?:inity)?)$/i;

/** A JSON number, or what YAML writers print for one. */
const numberPattern = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** Nesting of metrics files: data set, split, class, metric, and one more. */
const depthLimit = 6;

export function isNumber(value: JsonValue | undefined): boolean {
  return typeof value === "string" && value.length <= decimalLimitCharacters && numberPattern.test(value);
}

/** @throws {@link EvidenceError} `EVIDENCE_INVALID` for what stands for infinity or "not a number". */
export function refuseNonFinite(value: JsonValue | undefined, where: string, file: string): void {
  if (typeof value !== "string" || value.length > 20 || !nonFinitePattern.test(value)) return;
  const message = `${where.slice(0, 100)} is ${value}, expected a finite number`;
  throw new EvidenceError("EVIDENCE_INVALID", message, { file });
}

/**
 * The numbers of a mapping, nested or not: the last key is the metric, those before it are the task.
 *
 * Text, booleans and lists are notes and left out.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` for a number that is not finite.
 */
export function flatMetrics(value: JsonObject, file: string, path: readonly string[] = []): Measurement[] {
  const results: Measurement[] = [];
  for (const [key, field] of Object.entries(value)) {
    const inner = objectOf(field);
    if (inner && path.length < depthLimit) results.push(...flatMetrics(inner, file, [...path, key]));
    refuseNonFinite(field, [...path, key].join("."), file);
    if (isNumber(field))
      results.push({ ...(path.length > 0 ? { task: path.join(".") } : {}), metric: key, value: field });
  }
  return results;
}

/** Whether a value is a mapping of numbers and such mappings, and nothing else. Bounded by the depth limit. */
export function isNumbersOnly(value: JsonObject, depth = 0): boolean {
  const fields = Object.values(value);
  return fields.length > 0 && fields.every((field) => isLeaf(field) || isInner(field, depth));
}

function isLeaf(field: JsonValue): boolean {
  if (typeof field !== "string") return false;
  return isNumber(field) || nonFinitePattern.test(field.slice(0, 20));
}

function isInner(field: JsonValue, depth: number): boolean {
  const inner = objectOf(field);
  return inner !== undefined && depth < depthLimit && isNumbersOnly(inner, depth + 1);
}
