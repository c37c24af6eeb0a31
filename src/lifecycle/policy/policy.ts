import type { Digest } from "../../base/digest.ts";
import type { Fingerprint, Identity, PublicKey } from "../../trust/identity.ts";
import type { TrustRoot } from "../../trust/trust-root.ts";
import type { VerificationPolicy } from "../../trust/verification.ts";
import type {
  EnforcementRule,
  EvidenceRule,
  ExceptionRule,
  NamingRule,
  StateRule,
  TransitionRule,
  WitnessRule,
} from "./schema.ts";

/** A key or certificate the policy knows, and whose it is. */
export interface Member {
  /** What the policy calls it, such as `alice` or `ci`. */
  readonly name: string;
  /** The human or robot behind it; several keys may have one. Separation of duties counts persons. */
  readonly person: string;
  readonly identity: Identity;
  /** Absent when certificates prove the identity. */
  readonly key?: PublicKey;
  readonly roles: readonly string[];
  /** Roles that others have lent, each until a date; {@link policyAt} adds those that count. */
  readonly borrowed?: readonly BorrowedRole[];
}

/** A role by delegation. */
export interface BorrowedRole {
  readonly role: string;
  /** The member who has it and lends it. */
  readonly from: string;
  /** RFC 3339. */
  readonly since?: string;
  /** RFC 3339. */
  readonly until: string;
}

/**
 * A policy file that was read, understood in full, and found consistent.
 *
 * Maps, not objects: the names come from a file, and a role called `constructor` must not be found everywhere.
 */
export interface Policy {
  readonly name: string;
  readonly version: number;
  /** SHA-256 of the file's bytes. */
  readonly digest: Digest;
  /** Names of the policies that it may take over from. */
  readonly replaces?: readonly string[];
  /** Members by what the policy calls them. */
  readonly members: ReadonlyMap<string, Member>;
  /** Names of members by role. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly states: ReadonlyMap<string, StateRule>;
  /** Where a version is before any record speaks of it. */
  readonly initialState: string;
  /** The state whose newest entrant is the champion: what production serves. */
  readonly liveState: string;
  readonly evidence: ReadonlyMap<string, EvidenceRule>;
  readonly transitions: readonly TransitionRule[];
  readonly naming?: NamingRule;
  readonly enforcement?: EnforcementRule;
  readonly exceptions?: ExceptionRule;
  readonly witnesses?: WitnessRule;
  /** Each way in which the policy drops a demand of the invariant, in words; every decision repeats them. */
  readonly weakened: readonly string[];
  /** What certificates, log entries and timestamps are verified against. Without one none of them is believed. */
  readonly trustRoot?: TrustRoot;
}

/**
 * The policy as it is at a moment: delegations that count then have become roles.
 *
 * A delegation lends only what the lender has in their own right, so that no chain of them outlives its first end.
 */
export function policyAt(policy: Policy, time: Date): Policy {
  if (![...policy.members.values()].some(({ borrowed }) => borrowed)) return policy;
  const members = new Map(policy.members);
  const roles = new Map(policy.roles);
  for (const [name, member] of policy.members) {
    const lent = (member.borrowed ?? []).filter((one) => counts(policy, one, time)).map(({ role }) => role);
    if (lent.length === 0) continue;
    members.set(name, { ...member, roles: [...new Set([...member.roles, ...lent])] });
    for (const role of lent) roles.set(role, [...new Set([...(roles.get(role) ?? []), name])]);
  }
  return { ...policy, members, roles };
}

function counts(policy: Policy, { from, role, since, until }: BorrowedRole, time: Date): boolean {
  const owns = policy.members.get(from)?.roles.includes(role) === true;
  return owns && (since === undefined || Date.parse(since) <= time.getTime()) && time.getTime() < Date.parse(until);
}

/** Whom verifiers are told to trust: all members; what they may say is decided by role, later. */
export function policyTrust(policy: Policy): VerificationPolicy {
  return trustIn([...policy.members.values()], policy);
}

/**
 * Trust in some members alone. What testifies to a key's signature is verified where there is a root to do it by, and
 * demanded of records alone, by {@link Policy.witnesses}.
 */
export function trustIn(members: readonly Member[], { trustRoot: root }: Policy): VerificationPolicy {
  const keys = members.flatMap(({ key }) => (key ? [key] : []));
  if (!root) return { keys };
  const identities = members.flatMap(({ identity }) => (identity.kind === "certificate" ? [identity] : []));
  const keyProofs = { root, thresholds: { logs: 0, times: 0 }, isOptional: true };
  return { keys, keyProofs, ...(identities.length > 0 ? { certificates: { root, identities } } : {}) };
}

/** The member whose key or certificate identity this is; `undefined` for a stranger. */
export function memberByFingerprint(policy: Policy, fingerprint: Fingerprint): Member | undefined {
  for (const member of policy.members.values()) {
    if (member.identity.fingerprint === fingerprint) return member;
  }
  return undefined;
}

/** The policy's rule for a move that a record names; undefined when it has none. */
export function transitionRule(
  { transitions }: Policy,
  { from, to, kind }: { readonly from: string; readonly to: string; readonly kind: string },
): TransitionRule | undefined {
  return transitions.find((rule) => rule.from === from && rule.to === to && rule.kind === kind);
}

/** Tells whether a member has one of these roles. */
export function hasRole(member: Member, roles: readonly string[]): boolean {
  return member.roles.some((role) => roles.includes(role));
}

/** The persons who have one of these roles, each once, in the policy's order: the answer to "who can?". */
export function personsInRoles(policy: Policy, roles: readonly string[]): readonly string[] {
  const names = [...policy.members.values()].filter((member) => hasRole(member, roles)).map(({ person }) => person);
  return [...new Set(names)];
}
