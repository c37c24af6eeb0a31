import type { Digest } from "../../base/digest.ts";
import type { Fingerprint } from "../../trust/identity.ts";
import type { ModelState } from "../chain/fold.ts";
import { type Member, type Policy, policyAt } from "../policy/policy.ts";
import type { TransitionRule } from "../policy/schema.ts";
import type { Circumstances } from "./circumstances.ts";
import type { PolicyReference } from "./decision.ts";

/** A statement that verified under a key of the policy. What its signer may say is for the gates to judge. */
export interface MemberStatement {
  /** Of the manifest that carries the bundle. */
  readonly digest: Digest;
  readonly member: Member;
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
  /** When it was attached, by the word of whoever attached it; RFC 3339. */
  readonly attachedAt?: string;
}

/** Something attached that no key of the policy signed, or that is broken. Only ever named, never believed. */
export interface ForeignStatement {
  readonly digest: Digest;
  readonly reason: string;
}

export interface WeightFile {
  readonly path: string;
  readonly digest: Digest;
}

/** Everything a decision depends on, gathered beforehand, so that deciding is a pure function. */
export interface Situation {
  readonly policy: Policy;
  readonly now: Date;
  readonly model: string;
  readonly version: number;
  /** The model manifest. */
  readonly digest: Digest;
  readonly rule: TransitionRule;
  /** What the verified chain says. */
  readonly state: ModelState;
  /** Digest of the newest record; null before the first. */
  readonly head: Digest | null;
  /** About the version that wants to move. */
  readonly statements: readonly MemberStatement[];
  readonly foreign: readonly ForeignStatement[];
  /** About the champion, for baselines. */
  readonly championStatements: readonly MemberStatement[];
  /** Every file of weights in the manifest. */
  readonly weights: readonly WeightFile[];
  /** The owning team that the manifest names. */
  readonly owner?: string;
  /** Fingerprint of the identity that asks; absent when nobody does yet (`check` without a key). */
  readonly requester?: Fingerprint;
  /** When a retired version stops being served, from the request; RFC 3339. */
  readonly sunset?: string;
  /** What the request says of itself; the gates in `circumstances.ts` judge it. */
  readonly circumstances?: Circumstances;
  /**
   * The policy of the newest record; of a record that is judged again, that with the name and version of `policy`.
   * Absent where there is none.
   */
  readonly policyInUse?: PolicyReference;
  /** The policy that approvals must name. Differs from `policy` only when an old record is judged again. */
  readonly boundPolicy?: Digest;
  /** The evidence set that approvals must name; given together with `boundPolicy`. */
  readonly boundEvidence?: Digest;
}

/** The situation with the roles that delegations give at its time, for everybody in it. */
export function withDelegations(situation: Situation): Situation {
  const policy = policyAt(situation.policy, situation.now);
  if (policy === situation.policy) return situation;
  const current = (statement: MemberStatement): MemberStatement => ({
    ...statement,
    member: policy.members.get(statement.member.name) ?? statement.member,
  });
  return {
    ...situation,
    policy,
    statements: situation.statements.map(current),
    championStatements: situation.championStatements.map(current),
  };
}
