import { z } from "zod";
import { identityLimitCharacters } from "../../trust/limits.ts";
import { EvidenceRule } from "./schema/evidence.ts";
import { Delegation, EnforcementRule, ExceptionRule, NamingRule, WitnessRule } from "./schema/governance.ts";
import { StateRule, Transitions } from "./schema/transition.ts";
import { name, person, state, strict } from "./schema/words.ts";

/**
 * The shape of `mreg.policy.yaml`. Strict everywhere: a typo must not weaken a gate (docs/policy/).
 *
 * What one part of the file says about another (a role that nobody has, a gate that is not defined) is checked in
 * `references.ts`, since a schema sees one place at a time.
 */
const certificateText = z.string().min(1).max(identityLimitCharacters);

/** A key, or whom certificates name: exactly one of the two, which `references.ts` checks. */
export const IdentityRule = strict({
  /** Who is behind it: one human with two keys is one person for separation of duties. Default: the name. */
  person: person.optional(),
  /** SPKI, PEM. The key itself, because a fingerprint cannot verify anything. */
  publicKey: z.string().optional(),
  /** The identity provider that vouches, exactly: `https://token.actions.githubusercontent.com`. */
  issuer: certificateText.optional(),
  /** Whom it vouches for, exactly: an address, or the URL of a workflow. */
  identity: certificateText.optional(),
});

export const PolicyFile = strict({
  apiVersion: z.literal("mreg/v1"),
  kind: z.literal("LifecyclePolicy"),
  metadata: strict({
    name,
    version: z.int().min(1),
    /** A file beside this one, or `registry/name@sha256:…`; this file may then only tighten it. */
    extends: z.string().min(1).max(1_000).optional(),
    /** Policies of other names that this one may take over from, in the history of a model. */
    replaces: z.array(name).min(1).max(100).optional(),
  }),
  identities: z.record(person, IdentityRule),
  roles: z.record(name, z.array(person)),
  delegations: z.array(Delegation).max(1_000).default([]),
  naming: NamingRule.optional(),
  states: z.record(state, StateRule),
  evidence: z.record(name, EvidenceRule),
  transitions: Transitions,
  enforcement: EnforcementRule.optional(),
  exceptions: ExceptionRule.optional(),
  /** What every record needs besides its signature. */
  witnesses: WitnessRule.optional(),
  /** Says in so many words which demand of the invariant this policy drops. */
  weakens: z.array(z.enum(["signature", "card", "eval"])).default([]),
});

export type PolicyFile = Readonly<z.infer<typeof PolicyFile>>;
export type IdentityRule = Readonly<z.infer<typeof IdentityRule>>;
export type { Condition } from "./schema/common.ts";
export * from "./schema/eval.ts";
export * from "./schema/evidence.ts";
export * from "./schema/governance.ts";
export * from "./schema/transition.ts";
