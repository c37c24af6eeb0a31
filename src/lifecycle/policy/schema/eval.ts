import { z } from "zod";
import { evalEnvironments } from "../../../evidence/predicate-words.ts";
import { common } from "./common.ts";
import { decimal, duration, name, roles, strict, text, time } from "./words.ts";

export const MetricRule = strict({
  /** `task.metric`, or `task.metric,filter`, as evaluations name their results. */
  id: z.string().regex(/^[^\p{Cc}]+\.[^\p{Cc}]+$/u, "expected task.metric"),
  /** The value must be at least this; higher is better. */
  min: decimal.optional(),
  /** The value must be at most this; lower is better. */
  max: decimal.optional(),
});

export const BaselineRule = strict({
  of: z.literal("champion"),
  /** How much better each metric must be. Default "0", unless `maxRegression` is given. */
  minImprovement: decimal.optional(),
  /** How much worse each metric may be. */
  maxRegression: decimal.optional(),
  /** What to do while nothing serves in production. */
  ifNone: z.enum(["allow", "deny"]).default("deny"),
});

/** Parts of the data in which a good average may hide a bad result. */
export const SlicesRule = strict({
  names: z.array(text).min(1).max(1_000),
  /** Metrics that each slice must have; all of `metrics` where none is named. */
  metrics: z.array(MetricRule).max(1_000).default([]),
  /** How far a slice may be worse than the whole. */
  maxGap: decimal.optional(),
  /** Least samples of each slice. */
  minSamples: z.int().min(1).optional(),
});

/** A suite that stays the same is learned by heart: each version counts for a time, and only then. */
export const RotationRule = strict({
  versions: z.record(text, strict({ from: time, until: time })),
  /** How long after its end a version still counts, so that the change needs no night shift. */
  overlap: duration.default("0s"),
});

export const HoldoutRule = strict({
  /** Part of the data that nobody who trains has seen, between "0" and "1". */
  minFraction: decimal,
});

/** The evaluation was announced, with its thresholds, before it ran. */
export const PreRegisteredRule = strict({
  signedBy: roles,
  /** Least time between plan and run. */
  before: duration.default("0s"),
});

export const EvalRule = strict({
  predicate: z.literal("eval"),
  ...common,
  notPartial: z.boolean().default(true),
  /** `executed`: numbers that the signer only copied from another program do not count. */
  origin: z.enum(["executed", "any"]).default("any"),
  environment: z.array(z.enum(evalEnvironments)).min(1).optional(),
  /** `name`, or `name@version`. */
  suite: z.string().min(1).optional(),
  metrics: z.array(MetricRule).default([]),
  /** Least samples behind each metric that decides. */
  minSamples: z.int().min(1).optional(),
  /** Whether the evaluation must state thresholds of its own; those that it states must hold in any case. */
  claims: z.enum(["required", "optional"]).default("optional"),
  baseline: BaselineRule.optional(),
  slices: SlicesRule.optional(),
  /** Metrics by what they are for, such as fairness or robustness; each must be measured and hold. */
  categories: z.record(name, z.array(MetricRule).min(1).max(100)).default({}),
  rotation: RotationRule.optional(),
  holdout: HoldoutRule.optional(),
  preRegistered: PreRegisteredRule.optional(),
  /** How many evaluations of one suite version one model version may have. */
  attempts: strict({ max: z.int().min(1).max(1_000) }).optional(),
  /** Lineage rule whose data sets must not be the ones evaluated on. */
  noOverlapWith: name.optional(),
});

export type EvalRule = Readonly<z.infer<typeof EvalRule>>;
export type MetricRule = Readonly<z.infer<typeof MetricRule>>;
export type BaselineRule = Readonly<z.infer<typeof BaselineRule>>;
export type SlicesRule = Readonly<z.infer<typeof SlicesRule>>;
export type RotationRule = Readonly<z.infer<typeof RotationRule>>;
export type HoldoutRule = Readonly<z.infer<typeof HoldoutRule>>;
export type PreRegisteredRule = Readonly<z.infer<typeof PreRegisteredRule>>;
