import { InvalidArgumentError } from "commander";
import { UsageError } from "../errors.ts";

/** A flag's value that must be a positive whole number. */
export function parseCount(value: string): number {
  if (/^[1-9][0-9]{0,5}$/.test(value)) return Number(value);
  throw new InvalidArgumentError(`expected a positive whole number, not ${JSON.stringify(value)}.`);
}

const byteUnits: Readonly<Record<string, number>> = {
  ...{ "": 1, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 },
  ...{ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
};

/** A flag's value that is a number of bytes: `0`, `500MB`, `1.5GiB`. */
export function parseBytes(value: string): number {
  const [, number = "", unit = ""] = /^([0-9]{1,15}(?:\.[0-9]{1,3})?)([A-Za-z]*)$/.exec(value) ?? [];
  const bytes = Math.floor(Number(number) * (byteUnits[unit] ?? Number.NaN));
  if (number !== "" && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError(`expected a size such as 500MB or 50GiB, not ${JSON.stringify(value)}.`);
}

const ageUnitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** A flag's value that is a span of time, as milliseconds: `90m`, `24h`, `30d`, `2w`. */
export function parseAge(value: string): number {
  const [, number = "", unit = ""] = /^(0|[1-9][0-9]{0,4})([mhdw])$/.exec(value) ?? [];
  const unitMs = ageUnitsMs[unit];
  if (unitMs !== undefined) return Number(number) * unitMs;
  throw new InvalidArgumentError(`expected a duration such as 12h or 30d, not ${JSON.stringify(value)}.`);
}

/** `key=value` pairs; the value may hold further equals signs. */
export function parseAnnotations(pairs: readonly string[]): Record<string, string> {
  const annotations = Object.create(null) as Record<string, string>;
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 1) throw new UsageError(`annotation is ${JSON.stringify(pair)}, expected key=value`);
    const key = pair.slice(0, equals);
    if (key in annotations) throw new UsageError(`annotation ${key} is given twice`);
    annotations[key] = pair.slice(equals + 1);
  }
  return annotations;
}

/** Gathers a repeatable flag. */
export function gather(value: string, all: readonly string[] = []): readonly string[] {
  return [...all, value];
}

/** A flag's value that is a moment: an RFC 3339 time, or a date, which means the end of that day in UTC. */
export function parseMoment(value: string): Date {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(value);
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/.test(value);
  const moment = new Date(isDate ? `${value}T23:59:59.999Z` : value);
  if ((isDate || isTime) && !Number.isNaN(moment.getTime())) return moment;
  throw new InvalidArgumentError(`expected a date such as 2026-03-01 or a time, not ${JSON.stringify(value)}.`);
}
