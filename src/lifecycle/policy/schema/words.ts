import { z } from "zod";
import { Decimal } from "../../../evidence/decimal.ts";
import { durationPattern } from "../../duration.ts";
import { statePattern } from "../../versions/tags.ts";

/** Names of roles, evidence rules and gates. */
export const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "expected lower-case letters, digits and hyphens");

/** A gate of a decision: `eval`, or one of its parts, `eval.baseline`. */
export const gateName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}(?:\.[a-z][a-z0-9-]{0,62})?$/, "expected a gate such as eval or eval.baseline");

export const state = z.string().regex(statePattern, "expected lower-case letters only");
export const person = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/, "expected a name or an address");
export const duration = z.string().regex(durationPattern, "expected a duration such as 0s, 24h or 90d");
/** RFC 3339 in UTC: a date without a time would end at another moment in each office. */
export const time = z.iso.datetime("expected a time in UTC such as 2026-12-31T00:00:00Z");
/** Decides something, so it is a string end to end: 0.1 in YAML would already be a rounded double. */
export const decimal = z.string('expected a decimal in quotes, such as "0.70"').pipe(Decimal);
export const roles = z.array(name).min(1);
/** One line, as evidence names things. */
export const text = z.string().regex(/^[^\p{Cc}]{1,200}$/u, "expected one line of at most 200 characters");
/** `*` stands for any run of characters; everything else for itself. */
export const glob = z.string().regex(/^[A-Za-z0-9._/*-]{1,255}$/, "expected a name with * for any characters");

/** A strict object whose error for an unknown key says which keys are allowed. */
export function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}, allowed: ${Object.keys(shape).join(", ")}`
        : undefined,
  });
}
