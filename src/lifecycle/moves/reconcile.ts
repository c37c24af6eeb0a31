import type { Digest } from "../../base/digest.ts";
import { hasCode } from "../../base/errors.ts";
import type { CallOptions, GraphTarget } from "../../oci/content.ts";
import type { Chain, ChainLink } from "../chain/fold.ts";
import { stayingKinds } from "../policy/references.ts";
import type { TransitionKind } from "../policy/schema.ts";
import { rolloutTag, stateTag, versionTag } from "../versions/tags.ts";
import { resolveTag } from "../versions/version.ts";

/** A tag that the chain stands behind. */
export interface BackedTag {
  readonly tag: string;
  /** The model manifest it must name. */
  readonly digest: Digest;
  /** The record that says so. */
  readonly link: ChainLink;
}

/** A tag that is taken by something else. Tags are written once, so that it stays; `readStatus` reports it. */
export interface TagConflict {
  readonly tag: string;
  readonly expected: Digest;
}

export interface ReconcileReport {
  readonly written: readonly string[];
  readonly conflicts: readonly TagConflict[];
}

/** All tags that follow from a chain: versions, their states, and rollouts; each once. */
export function backedTags(chain: Chain): readonly BackedTag[] {
  const { policy } = chain;
  const tags = new Map<string, BackedTag>();
  const add = (tag: string, link: ChainLink): void => {
    if (!tags.has(tag)) tags.set(tag, { tag, digest: link.subject, link });
  };
  for (const link of chain.links) {
    add(versionTag(link.version), link);
    add(stateTag(link.version, policy.initialState), link);
    add(stateTag(link.version, link.record.to), link);
  }
  for (const { sequence, link } of chain.state.rollouts) add(rolloutTag(policy.liveState, sequence), link);
  return [...tags.values()];
}

/** The tags that the newest record adds. */
export function newestTags(chain: Chain): readonly string[] {
  const last = chain.links.at(-1);
  if (!last) return [];
  const { champion } = chain.state;
  const rollout = champion?.link === last ? [rolloutTag(chain.policy.liveState, champion.sequence)] : [];
  const isNew = !stayingKinds.includes(last.record.kind as TransitionKind) || rollout.length > 0;
  return [...(isNew ? [stateTag(last.version, last.record.to)] : []), ...rollout];
}

/**
 * Writes the tags that a verified chain stands behind and that are not there: the rest of a promotion that was
 * interrupted after its commit point. Safe at any time and any number of times.
 *
 * Tags that name something else are left as they are: whoever wrote them, the chain is what counts.
 */
export async function reconcileTags(
  store: GraphTarget,
  chain: Chain,
  options: CallOptions = {},
): Promise<ReconcileReport> {
  const present = new Set<string>();
  for await (const tag of store.tags(options)) present.add(tag);
  const newest = new Set(newestTags(chain));
  const written: string[] = [];
  const conflicts: TagConflict[] = [];
  for (const { tag, digest } of backedTags(chain)) {
    if (present.has(tag)) {
      // All others were looked at when they were the newest; `readStatus` looks at every one.
      if (newest.has(tag) && (await resolveTag(store, tag, options)) !== digest)
        conflicts.push({ tag, expected: digest });
    } else if (await writeOnce(store, tag, digest, options)) {
      written.push(tag);
    } else {
      conflicts.push({ tag, expected: digest });
    }
  }
  return { written, conflicts };
}

/** @returns false when somebody else wrote another digest under that tag meanwhile. */
async function writeOnce(store: GraphTarget, tag: string, digest: Digest, options: CallOptions): Promise<boolean> {
  try {
    await store.tag(await store.resolve(digest, options), tag, { once: true, signal: options.signal });
    return true;
  } catch (error) {
    if (hasCode(error, "CONFLICT")) return false;
    throw error;
  }
}
