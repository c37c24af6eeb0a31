import { type Clock, timestamp } from "../../base/clock.ts";
import { isMregError } from "../../base/errors.ts";
import type { CallOptions, GraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import { bundleMediaType } from "../../trust/bundle.ts";
import { signStatement } from "../../trust/sign.ts";
import type { Signer } from "../../trust/signer.ts";
import { verifyStatement } from "../../trust/verify.ts";
import { formatDuration } from "../duration.ts";
import { LifecycleError } from "../errors.ts";
import { clockSkewMs } from "../gates/selection.ts";
import { hasRole, type Policy, trustIn } from "../policy/policy.ts";
import { Checkpoint, checkpointStatement, checkpointType, continues, witnessRoles } from "./checkpoint.ts";
import type { Chain, ChainLink } from "./fold.ts";
import type { ModelStore } from "./read.ts";

/** Statements looked at, the newest by their own word first: strangers may attach more, and a year has 8,760 hours. */
const heartbeatLimit = 20;

/**
 * Attaches a signed statement to the newest record: this was the head when I looked. A robot does it every few hours,
 * so that readers can tell a model that nobody moved from a history that somebody froze.
 *
 * @throws {@link LifecycleError} `CHAIN_BROKEN` when there is no record yet.
 */
export async function beat(
  store: GraphTarget,
  chain: Chain,
  { clock, signal, signer }: CallOptions & { readonly clock: Clock; readonly signer: Signer },
): Promise<Descriptor> {
  const statement = checkpointStatement(chain, clock());
  const { bundle } = chain.links.at(-1) as ChainLink;
  return signStatement(store, bundle, statement, { signer, clock, signal });
}

/**
 * Demands that somebody who could write the next record has said, lately, that this is the head: by the record itself,
 * or by a heartbeat.
 *
 * @throws {@link LifecycleError} `CHAIN_BROKEN` when the newest word is older than `maxAgeMs`.
 */
export async function requireFreshHead(
  store: ModelStore,
  chain: Chain,
  { clock, maxAgeMs, signal }: CallOptions & { readonly maxAgeMs: number; readonly clock: Clock },
): Promise<void> {
  const head = chain.links.at(-1);
  const now = clock().getTime();
  const isFresh = (time: string): boolean => {
    const age = now - Date.parse(time);
    return age <= maxAgeMs && age >= -clockSkewMs;
  };
  if (head && isFresh(head.record.recordedAt)) return;
  const newest = head && (await newestHeartbeat(store, chain, head, { signal }));
  if (newest !== undefined && isFresh(newest)) return;
  const word = newest ?? head?.record.recordedAt;
  throw new LifecycleError(
    "CHAIN_BROKEN",
    `the newest word about the head of ${chain.model} is from ${word ?? "nobody"}, expected one of the last ${formatDuration(maxAgeMs)}: ` +
      "what is newer may be withheld; `mreg reconcile --heartbeat` signs one",
    head ? { record: head.sequence } : {},
  );
}

async function newestHeartbeat(
  store: ModelStore,
  chain: Chain,
  { bundle }: ChainLink,
  options: CallOptions,
): Promise<string | undefined> {
  const listed: Descriptor[] = [];
  for await (const referrer of store.referrers(bundle, { artifactType: bundleMediaType, ...options })) {
    listed.push(referrer);
    listed.sort((one, other) => (claimedTime(one) < claimedTime(other) ? 1 : -1));
    // The annotation is anybody's word: it sorts, and what is left out by it can only make the head look older.
    if (listed.length > heartbeatLimit) listed.pop();
  }
  const times = await Promise.all(listed.map((one) => heartbeatTime(store, chain, { one, subject: bundle }, options)));
  return times
    .flatMap((time) => (time === undefined ? [] : [timestampOf(time)]))
    .sort()
    .at(-1);
}

async function heartbeatTime(
  store: ModelStore,
  chain: Chain,
  { one, subject }: { readonly one: Descriptor; readonly subject: Descriptor },
  options: CallOptions,
): Promise<string | undefined> {
  const trust = { ...trustIn(witnesses(chain.policy), chain.policy), predicateType: checkpointType };
  try {
    const { statement } = await verifyStatement(store, one, subject.digest, trust, options);
    const parsed = Checkpoint.safeParse(statement.predicate);
    return parsed.success && continues(chain, parsed.data) ? parsed.data.issuedAt : undefined;
  } catch (error) {
    // A stranger's, a broken one, or something else altogether: no word about the head.
    if (isMregError(error)) return undefined;
    throw error;
  }
}

function witnesses(policy: Policy) {
  const roles = witnessRoles(policy);
  return [...policy.members.values()].filter((member) => hasRole(member, roles));
}

const claimedTime = ({ annotations }: Descriptor): string => annotations?.[annotationKeys.created] ?? "";
const timestampOf = (time: string): string => timestamp(new Date(time));
