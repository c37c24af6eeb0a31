import { z } from "zod";
import { identityLimitCharacters } from "../../base/limits.ts";
import { Decimal } from "../../evidence/decimal.ts";
import { DocumentRole } from "../../evidence/predicates/document.ts";
import { EvalEnvironment } from "../../evidence/predicates/eval.ts";
import { CardFields } from "../../evidence/predicates/model-card.ts";
import { durationPattern } from "../duration.ts";
import { statePattern } from "../tags.ts";

/**
 * The shape of `mreg.policy.yaml`. Strict everywhere: a typo must not weaken a gate (lifecycle.md, "Policy file").
 *
 * What one part of the file says about another (a role that nobody has, a gate that is not defined) is checked in
 * `references.ts`, since a schema sees one place at a time.
 */

/** Names of roles, evidence rules and gates. */
const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "expected lower-case letters, digits and hyphens");
const state = z.string().regex(statePattern, "expected lower-case letters only");
const person = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/, "expected a name or an address");
const duration = z.string().regex(durationPattern, "expected a duration such as 0s, 24h or 90d");
/** Decides something, so it is a string end to end: 0.1 in YAML would already be a rounded double. */
const decimal = z.string('expected a decimal in quotes, such as "0.70"').pipe(Decimal);
const roles = z.array(name).min(1);

/** A strict object whose error for an unknown key says which keys are allowed. */
function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}, allowed: ${Object.keys(shape).join(", ")}`
        : undefined,
  });
}

const certificateText = z.string().min(1).max(identityLimitCharacters);

/** A key, or whom certificates name: exactly one of the two, which `references.ts` checks. */
const Identity = strict({
  /** Who is behind it: one human with two keys is one person for separation of duties. Default: the name. */
  person: person.optional(),
  /** SPKI, PEM. The key itself, because a fingerprint cannot verify anything. */
  publicKey: z.string().optional(),
  /** The identity provider that vouches, exactly: `https://token.actions.githubusercontent.com`. */
  issuer: certificateText.optional(),
  /** Whom it vouches for, exactly: an address, or the URL of a workflow. */
  identity: certificateText.optional(),
});

export const StateRule = strict({
  /** Where a version is before any record speaks of it. */
  initial: z.boolean().default(false),
  serve: z.enum(["none", "shadow", "live", "until-sunset"]),
  /** Nothing leads out of here. */
  terminal: z.boolean().default(false),
});

/** What every evidence rule may say. */
const common = {
  /** Roles whose statements count; all others are invisible to the gate, and named in its denial. */
  signedBy: roles,
  /** Oldest statement that counts, by the time it claims. */
  maxAge: duration.optional(),
};

export const CardRule = strict({
  predicate: z.literal("model-card"),
  ...common,
  require: z.array(CardFields.keyof()).default([]),
});

export const LineageRule = strict({
  predicate: z.literal("lineage"),
  ...common,
  require: z.array(z.enum(["run", "dataset", "code"])).default(["run", "dataset", "code"]),
});

const MetricRule = strict({
  /** `task.metric`, or `task.metric,filter`, as evaluations name their results. */
  id: z.string().regex(/^[^\p{Cc}]+\.[^\p{Cc}]+$/u, "expected task.metric"),
  /** The value must be at least this; higher is better. */
  min: decimal.optional(),
  /** The value must be at most this; lower is better. */
  max: decimal.optional(),
});

const BaselineRule = strict({
  of: z.literal("champion"),
  /** How much better each metric must be. Default "0", unless `maxRegression` is given. */
  minImprovement: decimal.optional(),
  /** How much worse each metric may be. */
  maxRegression: decimal.optional(),
  /** What to do while nothing serves in production. */
  ifNone: z.enum(["allow", "deny"]).default("deny"),
});

export const EvalRule = strict({
  predicate: z.literal("eval"),
  ...common,
  notPartial: z.boolean().default(true),
  environment: z.array(EvalEnvironment).min(1).optional(),
  /** `name`, or `name@version`. */
  suite: z.string().min(1).optional(),
  metrics: z.array(MetricRule).default([]),
  /** Whether the evaluation must state thresholds of its own; those that it states must hold in any case. */
  claims: z.enum(["required", "optional"]).default("optional"),
  baseline: BaselineRule.optional(),
});

export const ScanRule = strict({
  predicate: z.literal("scan"),
  ...common,
  result: z.literal("PASSED").default("PASSED"),
  /** A scan that skipped a weight file says nothing about it. */
  coverAllFiles: z.boolean().default(true),
});

/** Who still uses a version; passes when the list is empty. */
export const ConsumersRule = strict({ predicate: z.literal("consumers"), ...common });

export const DocumentRule = strict({
  document: DocumentRole,
  signedBy: roles.optional(),
  maxAge: duration.optional(),
  /** The document must name a digest that production has served, as soon as there is one. */
  mustReference: z.literal("previousProduction").optional(),
});

export const EvidenceRule = z.union([
  z.discriminatedUnion("predicate", [CardRule, LineageRule, EvalRule, ScanRule, ConsumersRule]),
  DocumentRule,
]);

const ApprovalRule = strict({
  count: z.int().min(1).max(20),
  roles,
  distinctFrom: z.array(z.enum(["pusher", "evaluator", "requester"])).default(["pusher", "evaluator", "requester"]),
  maxAge: duration.optional(),
});

export const TransitionRule = strict({
  from: state,
  to: state,
  kind: z.enum(["promote", "rollback", "retire", "archive"]).default("promote"),
  /** Names of evidence rules and of built-in gates; all must pass. */
  requires: z.array(name).default([]),
  /** Who may carry the transition out. */
  authorize: strict({ roles }),
  approvals: ApprovalRule.optional(),
  soak: strict({ in: state, min: duration }).optional(),
});

export const PolicyFile = strict({
  apiVersion: z.literal("mreg/v1"),
  kind: z.literal("LifecyclePolicy"),
  metadata: strict({ name, version: z.int().min(1) }),
  identities: z.record(person, Identity),
  roles: z.record(name, z.array(person)),
  states: z.record(state, StateRule),
  evidence: z.record(name, EvidenceRule),
  transitions: z.array(TransitionRule).min(1).max(1_000),
  /** Says in so many words which demand of the invariant this policy drops. */
  weakens: z.array(z.enum(["signature", "card", "eval"])).default([]),
});

export type PolicyFile = Readonly<z.infer<typeof PolicyFile>>;
export type StateRule = Readonly<z.infer<typeof StateRule>>;
export type EvidenceRule = Readonly<z.infer<typeof EvidenceRule>>;
export type CardRule = Readonly<z.infer<typeof CardRule>>;
export type LineageRule = Readonly<z.infer<typeof LineageRule>>;
export type EvalRule = Readonly<z.infer<typeof EvalRule>>;
export type BaselineRule = Readonly<z.infer<typeof BaselineRule>>;
export type ScanRule = Readonly<z.infer<typeof ScanRule>>;
export type ConsumersRule = Readonly<z.infer<typeof ConsumersRule>>;
export type DocumentRule = Readonly<z.infer<typeof DocumentRule>>;
export type ApprovalRule = Readonly<z.infer<typeof ApprovalRule>>;
export type TransitionRule = Readonly<z.infer<typeof TransitionRule>>;
export type TransitionKind = TransitionRule["kind"];
