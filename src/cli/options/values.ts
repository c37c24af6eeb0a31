import { InvalidArgumentError } from "commander";
import { UsageError } from "../errors.ts";

/** A flag's value that must be a positive whole number. */
export function parseCount(value: string): number {
  if (/^[1-9][0-9]{0,5}$/.test(value)) return Number(value);
  throw new InvalidArgumentError(`expected a positive whole number, not ${JSON.stringify(value)}.`);
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
