import { z } from "zod";
import { duration, gateName, glob, name, person, roles, strict, text, time } from "./words.ts";

/** A role that one identity lends to another until a date. */
export const Delegation = strict({
  from: person,
  to: person,
  role: name,
  since: time.optional(),
  until: time,
  ticket: text,
});

/** What this policy may be used for. */
export const NamingRule = strict({
  /** Names of models, such as `ml/risk-*`. */
  models: z.array(glob).min(1).max(1_000).optional(),
  /** Teams that may own one, as manifests name them. */
  owners: z.array(text).min(1).max(1_000).optional(),
});

/** Gates that only warn: for good (`audit`), or until a date (`effectiveOn`). */
export const EnforcementRule = strict({
  audit: z.array(gateName).max(1_000).default([]),
  effectiveOn: z.record(gateName, time).default({}),
});

/** Who may sign an exception, for which gates, for how long. */
export const ExceptionRule = strict({
  signedBy: roles,
  gates: z.array(gateName).min(1).max(1_000),
  maxDuration: duration,
});

/** Who must have testified to a record, besides whoever signed it. */
export const WitnessRule = strict({
  /** Distinct sources of a proven time: timestamp authorities, and logs that sign theirs. */
  times: z.int().min(1).max(10),
  /** Distinct transparency logs that hold the record's signature. */
  logs: z.int().min(0).max(10).default(0),
  /** How far the time that a record gives may be from any proven one. */
  maxDifference: duration.default("10m"),
  /** Records that give an earlier time need no witness: those of before this rule. */
  since: time.optional(),
});

export type Delegation = Readonly<z.infer<typeof Delegation>>;
export type NamingRule = Readonly<z.infer<typeof NamingRule>>;
export type EnforcementRule = Readonly<z.infer<typeof EnforcementRule>>;
export type ExceptionRule = Readonly<z.infer<typeof ExceptionRule>>;
export type WitnessRule = Readonly<z.infer<typeof WitnessRule>>;
