import { compareDecimals } from "../../../evidence/decimal.ts";
import { durationMs } from "../../duration.ts";
import type {
  BaselineRule,
  EvalRule,
  HoldoutRule,
  MetricRule,
  PreRegisteredRule,
  RotationRule,
  SlicesRule,
} from "../schema.ts";
import {
  atLeast,
  type Check,
  type Checks,
  higher,
  keeps,
  longer,
  lower,
  nested,
  same,
  staysTrue,
  within,
} from "./check.ts";
import { commonChecks } from "./common-checks.ts";

/** Every metric of the base is still there, and no easier. */
const metrics: Check<readonly MetricRule[]> = (base, child) => {
  for (const { id, min, max } of base) {
    const mine = child.find((metric) => metric.id === id);
    if (!mine) return `drops ${id}`;
    const looser = higher(min, mine.min) ?? lower(max, mine.max);
    if (looser !== undefined) return `${id} ${looser}`;
  }
  return undefined;
};

const categories: Check<EvalRule["categories"]> = (base, child) => {
  for (const [name, list] of Object.entries(base)) {
    const mine = Object.hasOwn(child, name) ? child[name] : undefined;
    const looser = mine ? metrics(list, mine) : "is dropped";
    if (looser !== undefined) return `${name} ${looser}`;
  }
  return undefined;
};

/** A suite by name may become one version of it. */
const suite: Check<string | undefined> = (base, child) => {
  if (base === undefined || child === base || child?.startsWith(`${base}@`)) return undefined;
  return `is ${child ?? "any"}, the base has ${base}`;
};

/** The least improvement that a rule comes down to: a loss is a negative one. */
function leastImprovement({ minImprovement, maxRegression }: BaselineRule): readonly string[] {
  const loss =
    maxRegression === undefined ? [] : [maxRegression.startsWith("-") ? maxRegression.slice(1) : `-${maxRegression}`];
  const least = minImprovement ?? (maxRegression === undefined ? "0" : undefined);
  return [...loss, ...(least === undefined ? [] : [least])];
}

const baseline: Check<BaselineRule | undefined> = (base, child) => {
  if (base === undefined) return undefined;
  if (child === undefined) return "is dropped";
  if (base.ifNone === "deny" && child.ifNone === "allow") return "ifNone is allow, the base has deny";
  const [wanted, found] = [leastImprovement(base), leastImprovement(child)].map((list) =>
    list.reduce((one, other) => (compareDecimals(one, other) >= 0 ? one : other)),
  ) as [string, string];
  return compareDecimals(found, wanted) < 0
    ? `accepts an improvement of ${found}, the base wants ${wanted}`
    : undefined;
};

const rotation: Check<RotationRule | undefined> = (base, child) => {
  if (base === undefined) return undefined;
  if (child === undefined) return "is dropped";
  if (durationMs(child.overlap) > durationMs(base.overlap))
    return `overlap is ${child.overlap}, the base has ${base.overlap}`;
  for (const [version, { from, until }] of Object.entries(child.versions)) {
    const mine = Object.hasOwn(base.versions, version) ? base.versions[version] : undefined;
    if (!mine) return `adds ${version}`;
    const isWithin = Date.parse(from) >= Date.parse(mine.from) && Date.parse(until) <= Date.parse(mine.until);
    if (!isWithin) return `${version} counts longer than in the base`;
  }
  return undefined;
};

const slices: Check<SlicesRule | undefined> = (base, child) => {
  const changed = nested<SlicesRule>({ names: keeps, metrics, maxGap: lower, minSamples: atLeast })(base, child);
  if (changed !== undefined || !base || !child || base.metrics.length > 0 || child.metrics.length === 0) return changed;
  return "names metrics, the base takes all of the rule";
};

export const evalChecks: Checks<EvalRule> = {
  ...commonChecks,
  notPartial: staysTrue,
  origin: (base, child) => (base === "executed" && child !== base ? "is any, the base has executed" : undefined),
  environment: within,
  suite,
  metrics,
  minSamples: atLeast,
  claims: (base, child) => (base === "required" && child !== base ? "is optional, the base has required" : undefined),
  baseline,
  slices,
  categories,
  rotation,
  holdout: nested<HoldoutRule>({ minFraction: higher }),
  preRegistered: nested<PreRegisteredRule>({ signedBy: within, before: longer }),
  attempts: nested<NonNullable<EvalRule["attempts"]>>({
    max: (base, child) => (child > base ? `is ${child}, the base has ${base}` : undefined),
  }),
  noOverlapWith: (base, child) => (base === undefined ? undefined : same(base, child)),
};
