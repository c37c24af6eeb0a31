import { mapConcurrent } from "../../base/concurrency.ts";
import { isMregError } from "../../base/errors.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { CallOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { type Member, memberByFingerprint } from "../policy/policy.ts";
import { claimPlace, readClaims } from "./claims.ts";
import type { Chain } from "./fold.ts";
import type { ModelStore } from "./read.ts";
import { verifyRecord } from "./read-record.ts";
import { TransitionRecord } from "./record.ts";

/** Places looked at, the newest first; each is one list. */
const placeLimit = 100;
const concurrency = 4;

/** A record by somebody of the policy that was announced for a number that another one got. */
export interface Fork {
  readonly sequence: number;
  readonly digest: string;
  readonly signer: Member;
}

/**
 * Finds the records that lost a race for one of the newest numbers. They count for nothing, and are there to be seen.
 */
export async function findForks(store: ModelStore, chain: Chain, options: CallOptions = {}): Promise<readonly Fork[]> {
  const sequences = chain.links.map(({ sequence }) => sequence).slice(-placeLimit);
  const found = await mapConcurrent(
    sequences,
    concurrency,
    async (sequence, signal) => {
      const place = await claimPlace(store, chain.links[sequence - 2], { signal });
      return place ? forksAt(store, chain, { place, sequence }, { signal }) : [];
    },
    options.signal ?? undefined,
  );
  return found.flat();
}

async function forksAt(
  store: ModelStore,
  chain: Chain,
  { place, sequence }: { readonly place: Descriptor; readonly sequence: number },
  options: CallOptions,
): Promise<readonly Fork[]> {
  const won = chain.links[sequence - 1]?.bundle.digest;
  const forks: Fork[] = [];
  for (const digest of (await readClaims(store, place, options)).announced) {
    if (digest === won) continue;
    const signer = await signerOf(store, chain, { digest, sequence }, options);
    if (signer) forks.push({ sequence, digest, signer });
  }
  return forks;
}

async function signerOf(
  store: ModelStore,
  { links, model, policy }: Chain,
  { digest, sequence }: { readonly digest: string; readonly sequence: number },
  options: CallOptions,
): Promise<Member | undefined> {
  try {
    const { signer, statement } = await verifyRecord(store, policy, await store.resolve(digest, options), options);
    const parsed = TransitionRecord.safeParse(statement.predicate);
    if (!parsed.success) return undefined;
    const { prev, ...record } = parsed.data;
    const before = links[sequence - 2]?.bundle.digest ?? null;
    const fits = record.seq === sequence && record.model === model && (prev && fromContentDigest(prev)) === before;
    return fits ? memberByFingerprint(policy, signer.fingerprint) : undefined;
  } catch (error) {
    if (isMregError(error)) return undefined;
    throw error;
  }
}
