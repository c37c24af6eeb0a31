import { z } from "zod";
import { conditionLimitCharacters } from "../../limits.ts";
import { duration, roles, strict, text } from "./words.ts";

/** A demand in CEL, for what no field says. `p` is the predicate; only a result of `true` passes. */
export const Condition = strict({
  cel: z.string().min(1).max(conditionLimitCharacters),
  /** What a denial says, in words for whoever reads it. */
  message: text,
});
export type Condition = Readonly<z.infer<typeof Condition>>;

/** What every evidence rule may say. */
export const common = {
  /** Roles whose statements count; all others are invisible to the gate, and named in its denial. */
  signedBy: roles,
  /** Oldest statement that counts, by the time it claims. */
  maxAge: duration.optional(),
  conditions: z.array(Condition).max(20).default([]),
};
