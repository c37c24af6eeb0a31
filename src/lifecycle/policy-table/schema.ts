import { z } from "zod";
import { transitionKinds } from "../policy/schema/transition.ts";
import { state, strict, text, time } from "../policy/schema/words.ts";

/** One statement of a case: who says what. What is left out is filled with something that passes. */
const Given = strict({
  /** `signature`, `card`, `lineage`, `eval`, … as `mreg attach --type` has it, or a whole predicate type. */
  kind: z.string().min(1).max(500),
  /** Name of an identity of the policy. */
  by: z.string().min(1),
  /** So that another case can leave it out or replace it. Default: the kind. */
  id: z.string().min(1).max(200).optional(),
  /** When it was made. Default: a day before `now`. */
  at: time.optional(),
  /** Fields of the predicate that differ from one that passes; a map is merged, everything else replaced. */
  with: z.record(z.string(), z.unknown()).default({}),
});

/** One earlier move of the model. */
const Past = strict({ version: z.int().min(1), to: state, at: time });

const Case = strict({
  name: text,
  /** The version that wants to move. */
  version: z.int().min(1).default(2),
  to: state,
  kind: z.enum(transitionKinds).optional(),
  /** The identity that asks. Default: nobody yet. */
  requester: z.string().optional(),
  sunset: time.optional(),
  reason: text.optional(),
  owner: text.optional(),
  model: text.optional(),
  now: time.optional(),
  history: z.array(Past).max(100).optional(),
  /** Names of sets of statements. */
  use: z.array(z.string()).max(20).default([]),
  /** Ids of statements of the sets that are not there. */
  without: z.array(z.string()).max(100).default([]),
  /** More statements; one with the id of another takes its place. */
  given: z.array(Given).max(100).default([]),
  /** About what production serves. */
  champion: z.array(Given).max(100).optional(),
  /** `allowed`, or every gate that denies: `approvals MREG-E310`. */
  expect: z.union([z.literal("allowed"), z.array(z.string()).min(1)]),
  /** Gates that warn. Checked when it is given. */
  warns: z.array(z.string()).optional(),
});

/** A table of cases: what a policy must answer. */
export const PolicyTable = strict({
  /** The policy, relative to this file, unless the command names one. */
  policy: z.string().min(1).optional(),
  /** Time of all cases that name none. */
  now: time.default("2026-11-20T12:00:00Z"),
  model: text.default("ml/risk"),
  owner: text.default("risk-team"),
  history: z.array(Past).max(100).default([]),
  champion: z.array(Given).max(100).default([]),
  /** Statements that several cases share. */
  sets: z.record(z.string(), z.array(Given).max(100)).default({}),
  cases: z.array(Case).min(1).max(1_000),
});

export type PolicyTable = Readonly<z.infer<typeof PolicyTable>>;
export type PolicyCase = Readonly<z.infer<typeof Case>>;
export type Given = Readonly<z.infer<typeof Given>>;
export type Past = Readonly<z.infer<typeof Past>>;
