import type { z } from "zod";
import { type JsonValue, parseStrictJson } from "../base/json.ts";
import { schemaProblems } from "../base/schema-problems.ts";
import { VerificationError } from "./errors.ts";

/** Longest reason quoted in an error; a hostile document chooses its own key names, and they end up on terminals. */
const reasonLimitCharacters = 500;

/**
 * Parses a signed or signature-bearing JSON document and checks its shape.
 *
 * Stricter than the schema alone: duplicate keys, malformed UTF-8 and deep nesting are refused by the parser, and
 * `__proto__` keys here, because zod drops them in silence and the result would not be what was signed.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`.
 */
export function parseDocument<Schema extends z.ZodType>(
  bytes: Uint8Array,
  schema: Schema,
  noun: string,
): z.output<Schema> {
  let json: JsonValue;
  try {
    json = parseStrictJson(bytes);
    refusePrototypeKeys(json);
  } catch (cause) {
    throw malformed(noun, (cause as Error).message, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw malformed(noun, schemaProblems(parsed.error), parsed.error);
}

/** The nesting is bounded by the parser, so recursion is safe. */
function refusePrototypeKeys(value: JsonValue): void {
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, "__proto__")) throw new SyntaxError("key __proto__ is not acceptable");
  for (const inner of Object.values(value)) refusePrototypeKeys(inner);
}

function malformed(noun: string, reason: string, cause: unknown): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", `malformed ${noun}: ${printable(reason)}`, { cause });
}

/** Makes text from outside safe to show: one line, no control characters, not longer than a paragraph. */
export function printable(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length > reasonLimitCharacters ? `${line.slice(0, reasonLimitCharacters)}…` : line;
}
