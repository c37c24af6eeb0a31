import { isDeepStrictEqual } from "node:util";
import { compareDecimals } from "../../../evidence/decimal.ts";
import { durationMs } from "../../duration.ts";
import type { PolicyProblem } from "../problem.ts";

/** Says how a field of the extending policy is looser than that of its base; nothing when it is not. */
export type Check<Value> = (base: Value, child: Value) => string | undefined;

/** One check for each field of a rule: a field without one does not compile. */
export type Checks<Rule> = { readonly [Field in keyof Required<Rule>]: Check<Rule[Field]> };

/** Compares two rules field by field. */
export function compareFields<Rule extends object>(
  path: string,
  checks: Checks<Rule>,
  { base, child }: { readonly base: Rule; readonly child: Rule },
): PolicyProblem[] {
  return (Object.keys(checks) as (keyof Rule & string)[]).flatMap((field) => {
    const looser = checks[field](base[field], child[field]);
    return looser === undefined ? [] : [{ path: `${path}.${field}`, message: looser }];
  });
}

/** Anything goes: the field demands nothing. */
export const free: Check<unknown> = () => undefined;

/** The same value, in which the order of keys says nothing. */
export const same: Check<unknown> = (base, child) =>
  isDeepStrictEqual(base, child) ? undefined : `is ${written(child)}, the base has ${written(base)}`;

export const staysTrue: Check<boolean> = (base, child) => (base && !child ? "is false, the base has true" : undefined);

/** Every entry of the child is one of the base's; where the base has no list, anything was allowed. */
export const within: Check<readonly string[] | undefined> = (base, child) => {
  if (base === undefined) return undefined;
  if (child === undefined) return `allows anything, the base only ${base.join(", ")}`;
  const more = child.filter((one) => !base.includes(one));
  return more.length > 0 ? `adds ${more.join(", ")}` : undefined;
};

/** Every entry of the base is still there. */
export const keeps: Check<readonly string[] | undefined> = (base, child) => {
  const dropped = (base ?? []).filter((one) => !(child ?? []).includes(one));
  return dropped.length > 0 ? `drops ${dropped.join(", ")}` : undefined;
};

/** A demand with a size. `sign` is 1 where more is tighter, -1 where less is. */
function sized<Value>(compare: (one: Value, other: Value) => number, sign: 1 | -1): Check<Value | undefined> {
  return (base, child) => {
    if (base === undefined) return undefined;
    if (child === undefined) return `drops ${String(base)}`;
    if (sign * compare(child, base) >= 0) return undefined;
    return `is ${String(child)}, the base has ${String(base)}`;
  };
}

const byNumber = (one: number, other: number): number => one - other;
const byDuration = (one: string, other: string): number => durationMs(one) - durationMs(other);

export const atLeast = sized(byNumber, 1);

export const longer = sized(byDuration, 1);
export const shorter = sized(byDuration, -1);
export const higher = sized(compareDecimals, 1);
export const lower = sized(compareDecimals, -1);

/** A rule within a rule: what the base has must stay, field by field; the child may add it. */
export function nested<Rule extends object>(checks: Checks<Rule>): Check<Rule | undefined> {
  return (base, child) => {
    if (base === undefined) return undefined;
    if (child === undefined) return "is dropped";
    const problems = compareFields("", checks, { base, child });
    return problems.length > 0
      ? problems.map(({ path, message }) => `${path.slice(1)} ${message}`).join(", ")
      : undefined;
  };
}

function written(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 200);
}
