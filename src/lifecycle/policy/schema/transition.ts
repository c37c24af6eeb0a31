import { z } from "zod";
import { duration, name, roles, state, strict, text } from "./words.ts";

export const StateRule = strict({
  /** Where a version is before any record speaks of it. */
  initial: z.boolean().default(false),
  serve: z.enum(["none", "shadow", "live", "until-sunset"]),
  /** Nothing leads out of here. */
  terminal: z.boolean().default(false),
  /** How long a version that enters here is still served, at least and at most. */
  sunset: strict({ min: duration.optional(), max: duration.optional() }).optional(),
});

export const ApprovalRule = strict({
  count: z.int().min(1).max(20),
  roles,
  /** Roles of which each must be among the approvers, such as owner and lead both. */
  each: roles.optional(),
  distinctFrom: z.array(z.enum(["pusher", "evaluator", "requester"])).default(["pusher", "evaluator", "requester"]),
  maxAge: duration.optional(),
});

export const SoakRule = strict({ in: state, min: duration });

/** When a tier applies. What is not known applies it, too: leaving a fact out must not lower a demand. */
export const TierCondition = strict({
  /** The card's risk class is one of these, or the card names none. */
  riskClass: z.array(text).min(1).max(100).optional(),
  /** A data set of the training holds personal data, or does not say. */
  personalData: z.literal(true).optional(),
});

/** What a transition demands beyond its own words, for some models. */
export const TierRule = strict({
  when: TierCondition,
  requires: z.array(name).default([]),
  approvals: ApprovalRule.optional(),
  soak: SoakRule.optional(),
});

/** What a move is: a promotion unless the policy says otherwise. */
export const transitionKinds = [
  "promote",
  "rollback",
  "retire",
  "archive",
  "revoke",
  "assign",
  "break-glass",
  "follow-up",
  "hold",
  "release",
] as const;

const transition = {
  to: state,
  kind: z.enum(transitionKinds).default("promote"),
  /** Names of evidence rules and of built-in gates; all must pass. */
  requires: z.array(name).default([]),
  /** Who may carry the transition out. */
  authorize: strict({ roles }),
  approvals: ApprovalRule.optional(),
  soak: SoakRule.optional(),
  tiers: z.array(TierRule).max(20).default([]),
  /** Of a `break-glass`: how long what it moved may stay. */
  maxDuration: duration.optional(),
  /** Of a `break-glass`: until when it must be followed up; afterwards nothing else enters. */
  followUpWithin: duration.optional(),
};

/** A move as the program sees it: from one state. */
export const TransitionRule = strict({ from: state, ...transition });

/** A move as the file has it: from one state, or alike from several. */
const WrittenTransition = strict({ from: z.union([state, z.array(state).min(1).max(100)]), ...transition });

export const Transitions = z
  .array(WrittenTransition)
  .min(1)
  .max(1_000)
  .transform((written): TransitionRule[] =>
    written.flatMap(({ from, ...rule }) => [from].flat().map((one) => ({ from: one, ...rule }))),
  );

export type StateRule = Readonly<z.infer<typeof StateRule>>;
export type ApprovalRule = Readonly<z.infer<typeof ApprovalRule>>;
export type SoakRule = Readonly<z.infer<typeof SoakRule>>;
export type TierCondition = Readonly<z.infer<typeof TierCondition>>;
export type TierRule = Readonly<z.infer<typeof TierRule>>;
export type TransitionRule = Readonly<z.infer<typeof TransitionRule>>;
export type TransitionKind = TransitionRule["kind"];
