import { isMregError } from "../../base/errors.ts";
import { referrerLimit } from "../../base/limits.ts";
import { attach } from "../../oci/attach.ts";
import type { CallOptions, GraphTarget, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { emptyJson } from "../../oci/pack.ts";
import { parseVersionTag, versionTag } from "../versions/tags.ts";
import type { ChainLink } from "./fold.ts";

/** Marks a manifest that announces a record, or takes the announcement back. Nothing in it is believed. */
export const claimType = "application/vnd.mreg.claim.v1+json";
const claimedAnnotation = "dev.mreg.claim";
const withdrawnAnnotation = "dev.mreg.claim.withdrawn";

/** Digests of the records that were announced at one place. */
export interface Claims {
  /** Still standing. */
  readonly standing: ReadonlySet<string>;
  /** All that ever were. */
  readonly announced: ReadonlySet<string>;
}

/** Says at the record before that a record is about to take the next number. */
export async function announce(
  store: GraphTarget,
  place: Descriptor,
  record: Descriptor,
  options: CallOptions,
): Promise<void> {
  await attachNote(store, place, { [claimedAnnotation]: record.digest }, options);
}

/** Takes it back, so that nobody completes what its writer has given up. */
export async function withdraw(
  store: GraphTarget,
  place: Descriptor,
  record: Descriptor,
  options: CallOptions,
): Promise<void> {
  await attachNote(store, place, { [withdrawnAnnotation]: record.digest }, options);
}

async function attachNote(
  store: GraphTarget,
  place: Descriptor,
  annotations: Readonly<Record<string, string>>,
  options: CallOptions,
): Promise<void> {
  await attach(store, place, { artifactType: claimType, layers: [emptyJson], annotations }, options);
}

/** Reads what was announced at a place; strangers may announce, too, and what they announce must still verify. */
export async function readClaims(store: ReadOnlyGraphTarget, place: Descriptor, options: CallOptions): Promise<Claims> {
  const announced = new Set<string>();
  const withdrawn = new Set<string>();
  for await (const referrer of store.referrers(place, { artifactType: claimType, ...options })) {
    const { annotations = {}, artifactType } = referrer;
    if (artifactType !== claimType) continue;
    const [claimed, taken] = [annotations[claimedAnnotation], annotations[withdrawnAnnotation]];
    if (claimed !== undefined && announced.size < referrerLimit) announced.add(claimed);
    if (taken !== undefined && withdrawn.size < referrerLimit) withdrawn.add(taken);
  }
  return { announced, standing: new Set([...announced].filter((digest) => !withdrawn.has(digest))) };
}

/**
 * Finds where the record after `previous` is announced: at that record, or before the first one at the version with the
 * lowest number, which all promoters see alike unless somebody registers a lower one at that moment.
 */
export async function claimPlace(
  store: ReadOnlyGraphTarget,
  previous: ChainLink | undefined,
  options: CallOptions,
): Promise<Descriptor | undefined> {
  if (previous) return previous.bundle;
  let lowest = Number.POSITIVE_INFINITY;
  for await (const tag of store.tags(options)) lowest = Math.min(lowest, parseVersionTag(tag) ?? lowest);
  if (!Number.isFinite(lowest)) return undefined;
  return store.resolve(versionTag(lowest), options).catch((error: unknown) => {
    if (isMregError(error) && error.code === "NOT_FOUND") return undefined;
    throw error;
  });
}
