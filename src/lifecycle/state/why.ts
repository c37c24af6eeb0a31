import type { Digest } from "../../base/digest.ts";
import type { Chain, ChainLink, VersionState } from "../chain/fold.ts";
import type { ChainOptions } from "../chain/heads.ts";
import type { ModelStore } from "../chain/read.ts";
import { replay } from "../collect/replay.ts";
import type { Decision } from "../decision/decision.ts";
import { recordsOf } from "./history.ts";

/** One record, judged again. */
export interface JudgedRecord {
  readonly link: ChainLink;
  /** The gates, from the statements that the record names. */
  readonly decision: Decision;
  readonly policyChanged: boolean;
}

/** Why a version is where it is. */
export interface Explanation {
  readonly version: number;
  readonly digest: Digest;
  readonly state: string;
  /** The slot that it serves in; `main` is the main one; absent when it serves nowhere. */
  readonly slot?: string;
  readonly weight?: number;
  /** Since when it serves there, or else is in its state. RFC 3339. */
  readonly since: string;
  readonly current: VersionState;
  /** What brought it into its state and, when that was another record, what put it into the slot. */
  readonly judged: readonly JudgedRecord[];
  /** All records about it, oldest first. */
  readonly records: readonly ChainLink[];
}

/** What a model serves now: the main slot first. Each answer is recomputed from the evidence. */
export async function explainServing(
  store: ModelStore,
  chain: Chain,
  options: ChainOptions = {},
): Promise<readonly Explanation[]> {
  const { champion, slots } = chain.state;
  const places = [...(champion ? [{ slot: "main", ...champion }] : []), ...(slots?.values() ?? [])];
  const explanations: Explanation[] = [];
  for (const { link, slot, version, ...place } of places) {
    const weight = "weight" in place ? place.weight : undefined;
    const found = await explainVersion(store, chain, version, { ...options, link });
    if (found) {
      explanations.push({ ...found, slot, since: link.record.recordedAt, ...(weight === undefined ? {} : { weight }) });
    }
  }
  return explanations;
}

/**
 * Explains one version.
 *
 * @returns undefined when no record speaks of it.
 * @throws {@link VerificationError} when something that a record names is gone, or is not what it was.
 */
export async function explainVersion(
  store: ModelStore,
  chain: Chain,
  version: number,
  { link, ...options }: ChainOptions & { readonly link?: ChainLink } = {},
): Promise<Explanation | undefined> {
  const current = chain.state.versions.get(version);
  if (!current) return undefined;
  const links = standsOn(chain, current, link);
  const judged: JudgedRecord[] = [];
  for (const one of links) judged.push({ link: one, ...(await replay(store, chain, one, options)) });
  return {
    ...{ version, digest: current.digest, state: current.state, since: current.since },
    ...{ current, judged, records: recordsOf(chain, version) },
  };
}

/** The records that the answer stands on: each by its number, once. */
function standsOn({ state }: Chain, { lifted, link, version }: VersionState, slot?: ChainLink): readonly ChainLink[] {
  const followUps = (state.followedUp ?? []).filter((one) => one.version === version).flatMap(({ by }) => by);
  const links = [link, ...(slot ? [slot] : []), ...followUps, ...(lifted?.by ?? [])];
  return [...new Map(links.map((one) => [one.sequence, one])).values()];
}
