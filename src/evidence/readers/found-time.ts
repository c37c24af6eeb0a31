import type { JsonValue } from "../../base/json.ts";
import { ForeignTimestamp } from "../predicates/resource.ts";
import type { FoundTime } from "./eval-run.ts";

/** A time with an offset. A local time is none: it would be read in the time zone of this machine. */
export function foundTime(value: JsonValue | undefined): FoundTime | undefined {
  if (typeof value !== "string" || !ForeignTimestamp.safeParse(value).success) return undefined;
  return { time: new Date(value), found: value };
}

/** What Python writes for `datetime.utcnow()`: UTC, by the tool's own source, though the text does not say so. */
export function foundUtcTime(value: JsonValue | undefined): FoundTime | undefined {
  if (typeof value !== "string" || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{5,20}$/.test(value)) return undefined;
  return foundTime(`${value.replace(" ", "T")}Z`);
}

/** Seconds since 1970, with or without a fraction. */
export function foundSeconds(value: JsonValue | undefined): FoundTime | undefined {
  if (typeof value !== "string" || !/^[0-9]{1,11}(?:\.[0-9]{1,20})?$/.test(value)) return undefined;
  return { time: new Date(Math.floor(Number(value)) * 1000), found: value };
}
