import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, isMregError } from "../../base/errors.ts";
import { paceMs } from "../../base/pace.ts";
import type { CallOptions, Capabilities, GraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { LifecycleError } from "../errors.ts";
import { logTag } from "../versions/tags.ts";
import { resolveTag } from "../versions/version.ts";
import { announce, claimPlace, readClaims, withdraw } from "./claims.ts";
import type { Chain, ChainLink } from "./fold.ts";
import { verifyRecord } from "./read-record.ts";
import { linkRecord } from "./verify-links.ts";

/** Looks taken at most while several promoters sort out who wins; each waits longer than the one before. */
const roundLimit = 12;
const firstPauseMs = 100;
const longestPauseMs = 1_000;

/**
 * Beyond that, a pause is this many times what the look before it took, since others are as slow as this one: a writer
 * may stall between its look and its write on a machine or a registry that is busy.
 */
const slowPause = { times: 2, limitMs: 5_000 };

/** Looks in a row that must find the same record under the tag. */
const looks = { alone: 2, contended: 3 };

/** Looks after which a record stays that somebody put under the tag although its own writer had withdrawn it. */
const concessionLimit = 4;

/** Where a record wants to go: after the chain it was decided by. */
interface Claim {
  readonly chain: Chain;
  readonly link: ChainLink;
  readonly place: Descriptor;
}

/**
 * Takes a record's number by writing its log tag, once: the commit point.
 *
 * Where the store lets one writer create a tag and no other (`supports.createOnce`), that is all. Elsewhere two may
 * both write, so that the record is announced first (docs/decisions/022): whoever announces later than the winner
 * looked, finds the winner's tag; whoever announced earlier is seen by the winner, and all who saw each other put the
 * lowest digest under the tag.
 *
 * @throws {@link LifecycleError} `STATE_CONFLICT` when another record got the number.
 */
export async function claimNumber(
  store: GraphTarget & { readonly supports?: Capabilities },
  chain: Chain,
  link: ChainLink,
  options: CallOptions,
): Promise<void> {
  const tag = logTag(link.sequence);
  const place = store.supports?.createOnce ? undefined : await claimPlace(store, chain.links.at(-1), options);
  if (!place) {
    await createTag(store, link.bundle, tag, options);
    await readBack(store, link.bundle, tag, options);
    return;
  }
  const found = await resolveTag(store, tag, options);
  if (found !== undefined && found !== link.bundle.digest) throw lost(tag, found);
  await announce(store, place, link.bundle, options);
  try {
    await createTag(store, link.bundle, tag, options);
    await settle(store, { chain, link, place }, options);
  } catch (error) {
    if (!hasCode(error, "STATE_CONFLICT")) throw error;
    await withdraw(store, place, link.bundle, options);
    await concede(store, link.bundle, { tag, cause: error }, options);
  }
}

/**
 * A rival that saw the announcement may have put this record under the tag, and have given up itself. Then it has won
 * after all, unless another rival is still there, who sees that it was withdrawn, and overwrites it.
 */
async function concede(
  store: GraphTarget,
  { digest }: Descriptor,
  { tag, cause }: { readonly tag: string; readonly cause: unknown },
  options: CallOptions,
): Promise<void> {
  for (let look = 1; ; look++) {
    const startedMs = performance.now();
    if ((await resolveTag(store, tag, options)) !== digest) throw cause;
    if (look === concessionLimit) return;
    await pause(longestPauseMs, startedMs, options);
  }
}

/** Waits a pause of about this length, longer where looking takes long. */
async function pause(lengthMs: number, startedMs: number, { signal }: CallOptions): Promise<void> {
  const waitMs = Math.max(lengthMs * (1 + Math.random()), paceMs(startedMs, slowPause));
  await sleep(waitMs, undefined, signal ? { signal } : {});
}

async function createTag(store: GraphTarget, target: Descriptor, tag: string, options: CallOptions): Promise<void> {
  try {
    await store.tag(target, tag, { once: true, ...options });
  } catch (cause) {
    if (!hasCode(cause, "CONFLICT")) throw cause;
    throw lost(tag, "another record", cause);
  }
}

async function readBack(store: GraphTarget, { digest }: Descriptor, tag: string, options: CallOptions): Promise<void> {
  const found = await resolveTag(store, tag, options);
  if (found !== digest) throw lost(tag, found ?? "gone");
}

/**
 * The lowest digest wins, as soon as enough looks in a row find it under the tag. Whoever is alone looks twice, too:
 * where the list of announcements is an index under a tag, one of two that are written at once may be off the list for
 * a moment.
 */
async function settle(store: GraphTarget, claim: Claim, options: CallOptions): Promise<void> {
  const { link } = claim;
  const tag = logTag(link.sequence);
  const rivals = new Map<string, Descriptor | undefined>();
  let winner = link.bundle;
  let agreed = 0;
  for (let round = 0; round < roundLimit; round++) {
    const startedMs = performance.now();
    const contenders = await readContenders(store, claim, rivals, options);
    const [lowest = link.bundle] = contenders.sort((one, other) => (one.digest < other.digest ? -1 : 1));
    if (lowest.digest !== winner.digest) agreed = 0;
    winner = lowest;
    const found = await resolveTag(store, tag, options);
    agreed = found === winner.digest ? agreed + 1 : 0;
    if (agreed >= (rivals.size === 0 ? looks.alone : looks.contended)) break;
    if (found !== winner.digest && round > 0 && !(await overwrite(store, winner, tag, options))) break;
    // Whoever is alone waits as long as looking takes, and no longer.
    const lengthMs = rivals.size === 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** round);
    await pause(lengthMs, startedMs, options);
  }
  await readBack(store, link.bundle, tag, options);
}

/** @returns false where tags cannot be moved: what is under it then has won. */
async function overwrite(store: GraphTarget, target: Descriptor, tag: string, options: CallOptions): Promise<boolean> {
  try {
    await store.tag(target, tag, options);
    return true;
  } catch (error) {
    if (isMregError(error) && !hasCode(error, "NETWORK", "TIMEOUT", "UNAVAILABLE", "RATE_LIMITED")) return false;
    throw error;
  }
}

/** The records that were announced and could stand here, this one among them. */
async function readContenders(
  store: GraphTarget,
  { chain, link, place }: Claim,
  known: Map<string, Descriptor | undefined>,
  options: CallOptions,
): Promise<Descriptor[]> {
  const contenders = [link.bundle];
  const { announced, standing } = await readClaims(store, place, options);
  // Somebody who wrote the list at the same time has overwritten it.
  if (!announced.has(link.bundle.digest)) await announce(store, place, link.bundle, options);
  for (const digest of standing) {
    if (digest === link.bundle.digest) continue;
    if (!known.has(digest)) known.set(digest, await validRival(store, chain, digest, options));
    const rival = known.get(digest);
    if (rival) contenders.push(rival);
  }
  return contenders;
}

/** Anybody may announce anything: only a record that every reader would accept here is a rival. */
async function validRival(
  store: GraphTarget,
  { model, policy, links, state }: Chain,
  digest: string,
  options: CallOptions,
): Promise<Descriptor | undefined> {
  try {
    const bundle = await store.resolve(digest, options);
    const statement = await verifyRecord(store, policy, bundle, options);
    linkRecord(statement, { model, policy, previous: links.at(-1), state });
    return bundle;
  } catch (error) {
    if (isMregError(error) && !hasCode(error, "NETWORK", "TIMEOUT", "UNAVAILABLE", "RATE_LIMITED")) return undefined;
    throw error;
  }
}

function lost(tag: string, found: string, cause?: unknown): LifecycleError {
  return new LifecycleError(
    "STATE_CONFLICT",
    `${tag} is ${found}: somebody else has moved this model meanwhile; read again and decide again`,
    { cause },
  );
}
