import type { JsonValue } from "../../base/json.ts";
import { type JsonObject, objectOf } from "./json-file.ts";

/** Fields of JSON whose numbers were read as text; each answers nothing for another kind of value. */

/** Text that is not empty, or a number as it is written. */
export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A count: digits, with `.0` behind them where a tool knows floats only. */
export function countOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "string" && /^[0-9]{1,15}(?:\.0{1,20})?$/.test(value) ? Number(value) : undefined;
}

export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list. */
export function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return listOf(value)
    .map((item) => objectOf(item))
    .filter((item) => item !== undefined);
}

/** The object that a path of keys leads to. */
export function objectAt(value: JsonValue | undefined, ...keys: readonly string[]): JsonObject | undefined {
  let found = objectOf(value);
  for (const key of keys) found = objectOf(found && Object.hasOwn(found, key) ? found[key] : undefined);
  return found;
}
