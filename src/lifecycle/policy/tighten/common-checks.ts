import type { Condition } from "../schema.ts";
import { type Check, same, shorter, within } from "./check.ts";

/** Every condition of the base is there in the same words: whether two expressions mean the same, nobody can tell. */
const conditions: Check<readonly Condition[]> = (base, child) => {
  const dropped = base.find(({ cel }) => !child.some((condition) => condition.cel === cel));
  return dropped && `drops ${JSON.stringify(dropped.cel)}`;
};

export const commonChecks = { predicate: same, signedBy: within, maxAge: shorter, conditions } as const;
