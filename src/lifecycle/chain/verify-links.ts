import type { Digest } from "../../base/digest.ts";
import { schemaProblems } from "../../base/schema-problems.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { Verification } from "../../trust/verification.ts";
import { LifecycleError } from "../errors.ts";
import { hasRole, type Member, memberByFingerprint, type Policy, policyAt, transitionRule } from "../policy/policy.ts";
import { successionProblem } from "../policy/succession.ts";
import { parseVersionTag } from "../versions/tags.ts";
import { type ChainLink, type ModelState, policyOf } from "./fold.ts";
import { TransitionRecord, transitionType } from "./record.ts";
import { weightLeft } from "./slots.ts";
import { witnessesOf, witnessProblem } from "./witnesses.ts";

export interface LinkContext {
  readonly model: string;
  readonly policy: Policy;
}

/** All that came before a record. */
export interface LinkPlace extends LinkContext {
  readonly previous: ChainLink | undefined;
  /** The state after `previous`. */
  readonly state: ModelState;
}

/**
 * Judges one statement at its place. A record that is true by itself may still be a lie there: replayed, reordered, or
 * written from a state that the version was not in.
 *
 * @throws {@link LifecycleError} `CHAIN_BROKEN`.
 */
export function linkRecord(statement: Verification, place: LinkPlace): ChainLink {
  const link = readLink(statement, (place.previous?.sequence ?? 0) + 1, place);
  const problem =
    placeProblem(link, place) ??
    stateProblem(link, place) ??
    authorityProblem(link, place) ??
    witnessProblem(statement, link.record, place.policy);
  if (problem) throw broken(link.sequence, problem);
  return link;
}

function readLink(verification: Verification, sequence: number, { policy }: LinkContext): ChainLink {
  const { statement, bundle, signer } = verification;
  const parsed = TransitionRecord.safeParse(statement.predicate);
  if (!parsed.success) throw broken(sequence, `it cannot be read: ${schemaProblems(parsed.error)}`);
  const record = parsed.data;
  const type = transitionType(record.to);
  // Admission engines select by type: a record of a move to production must not pass as one to staging.
  if (statement.predicateType !== type)
    throw broken(sequence, `its type is ${statement.predicateType}, expected ${type}`);
  const member = memberByFingerprint(policyAt(policy, new Date(record.recordedAt)), signer.fingerprint);
  if (!member) throw broken(sequence, `${signer.fingerprint} is nobody in the policy`);
  const version = parseVersionTag(record.version);
  if (version === undefined) throw broken(sequence, `its version is ${record.version}`);
  const witnesses = witnessesOf(verification);
  return {
    ...{ sequence, bundle, record, version, subject: subjectOf(statement, sequence), signer: member },
    ...(witnesses ? { witnesses } : {}),
  };
}

/** A record is about one manifest. Several subjects would let one signature move several models. */
function subjectOf({ subject }: Verification["statement"], sequence: number): Digest {
  const [only, ...others] = subject;
  const [entry, ...more] = Object.entries(only?.digest ?? {});
  if (!entry || more.length > 0 || others.length > 0) throw broken(sequence, "it has not exactly one subject");
  return `${entry[0]}:${entry[1]}` as Digest;
}

function placeProblem({ record, sequence }: ChainLink, { previous, model }: LinkPlace): string | undefined {
  if (record.seq !== sequence) return `it says it is record ${record.seq}`;
  const prev = record.prev && fromContentDigest(record.prev);
  const expected = previous?.bundle.digest ?? null;
  if (prev !== expected) return `it follows ${prev ?? "nothing"}, expected ${expected ?? "nothing"}`;
  if (record.model !== model) return `it is about ${JSON.stringify(record.model)}, expected ${JSON.stringify(model)}`;
  if (previous && Date.parse(record.recordedAt) < Date.parse(previous.record.recordedAt)) {
    return `it was recorded at ${record.recordedAt}, before the one it follows (${previous.record.recordedAt})`;
  }
  return previous && successionProblem(policyOf(previous), policyOf({ record }))?.reason;
}

function stateProblem({ record, version, subject }: ChainLink, { policy, state }: LinkPlace): string | undefined {
  const before = state.versions.get(version);
  const from = before?.state ?? policy.initialState;
  if (record.from !== from) return `it moves v${version} from ${record.from}, but v${version} was in ${from}`;
  if (before && before.digest !== subject) return `v${version} is ${before.digest}, but it speaks of ${subject}`;
  const champion = state.champion?.digest ?? null;
  const claimed = record.previousChampion && fromContentDigest(record.previousChampion);
  if (claimed !== champion)
    return `it says production served ${claimed ?? "nothing"}, expected ${champion ?? "nothing"}`;
  if ((record.kind === "break-glass") !== (record.breakGlass !== undefined))
    return "only a break-glass names an incident";
  return servingProblem(record, { policy, state });
}

function servingProblem(
  { kind, slot, to, version, weight }: TransitionRecord,
  { policy, state }: Pick<LinkPlace, "policy" | "state">,
): string | undefined {
  if (slot === undefined && weight === undefined) return undefined;
  if (to !== policy.liveState) return `it names a slot of ${to}, which serves nothing live`;
  if (slot === undefined) return "it gives the main slot a weight, which is what the others leave";
  if (weightLeft(state.slots ?? new Map(), slot, weight ?? 0) < 0)
    return "its weight and that of other slots exceed 100";
  const isServed = state.slots?.get(slot)?.version === Number(version.slice(1));
  if (weight === 0 && !(kind === "assign" && isServed)) return `it empties ${slot}, which does not serve ${version}`;
  return undefined;
}

function authorityProblem({ record, signer }: ChainLink, { policy }: LinkContext): string | undefined {
  const rule = transitionRule(policy, record);
  if (!rule) return `the policy has no ${record.kind} from ${record.from} to ${record.to}`;
  if (hasRole(signer, rule.authorize.roles)) return undefined;
  const roles = rule.authorize.roles.join(" or ");
  return `${signer.name} (${rolesOf(signer)}) signed it, expected ${roles}; if that was so at ${record.recordedAt}, the policy says it by a delegation that has ended`;
}

function rolesOf({ roles }: Member): string {
  return roles.join(", ") || "no role";
}

function broken(record: number, reason: string): LifecycleError {
  return new LifecycleError("CHAIN_BROKEN", `record ${record} of the chain is broken: ${reason}`, { record });
}
