/**
 * Looks at what was parsed from JSON, field by field, without a schema library: manifests and indexes are read by every
 * command, and loading zod takes longer than all else that `mreg list` does.
 *
 * Each function returns the value it was given, with its type, or throws a TypeError that says where it is, what it is
 * and what was expected; callers wrap it in their floor's error. Unknown fields are never looked at.
 */

/** Longest part of a hostile value that a message repeats. */
const quoteLimitCharacters = 80;

/** An object: neither null nor an array. */
export function objectAt(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw unexpected(value, at, "an object");
}

/** An array, each element read by `read`. */
export function arrayAt<T>(value: unknown, at: string, read: (element: unknown, at: string) => T): T[] {
  if (!Array.isArray(value)) throw unexpected(value, at, "an array");
  for (const [index, element] of value.entries()) read(element, `${at}[${index}]`);
  return value as T[];
}

/** A string that, where a pattern is given, matches it. */
export function textAt(
  value: unknown,
  at: string,
  pattern?: { readonly regex: RegExp; readonly name: string },
): string {
  if (typeof value !== "string") throw unexpected(value, at, pattern?.name ?? "a string");
  if (pattern && !pattern.regex.test(value)) throw unexpected(value, at, pattern.name);
  return value;
}

/** A whole number from 0 that JavaScript holds exactly. */
export function countAt(value: unknown, at: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw unexpected(value, at, "a whole number from 0 to 2^53 - 1");
}

/** A number; JSON has longer ones than JavaScript, which are refused. */
export function numberAt(value: unknown, at: string): number {
  if (Number.isFinite(value)) return value as number;
  throw unexpected(value, at, "a number");
}

/** One value and no other. */
export function constantAt<const T extends number | string>(value: unknown, at: string, constant: T): T {
  if (value === constant) return constant;
  throw unexpected(value, at, JSON.stringify(constant));
}

/** An object whose values are all strings. */
export function textsAt(value: unknown, at: string): Record<string, string> {
  for (const [key, text] of Object.entries(objectAt(value, at))) textAt(text, `${at}[${quote(key)}]`);
  return value as Record<string, string>;
}

/** Absent, or what `read` accepts. */
export function optionalAt<T>(value: unknown, at: string, read: (value: unknown, at: string) => T): T | undefined {
  return value === undefined ? undefined : read(value, at);
}

/** Reads what may be anything; undefined when it is not what `read` accepts, for messages that must not quote it. */
export function readQuietly<T>(value: unknown, read: (value: unknown, at: string) => T): T | undefined {
  try {
    return read(value, "");
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The error for a value that is not what is expected there. */
export function unexpected(value: unknown, at: string, expected: string): TypeError {
  return new TypeError(`${at === "" ? "the document" : at} is ${quote(value)}, expected ${expected}`);
}

function quote(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return JSON.stringify(typeof value === "string" ? value.slice(0, quoteLimitCharacters) : value);
}
