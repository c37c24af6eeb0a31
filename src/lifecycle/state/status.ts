import { mapConcurrent } from "../../base/concurrency.ts";
import type { Digest } from "../../base/digest.ts";
import type { CallOptions } from "../../oci/content.ts";
import { type Chain, headOf, type ModelState } from "../chain/fold.ts";
import type { ChainOptions } from "../chain/heads.ts";
import { omissions } from "../chain/own-word.ts";
import { type ModelStore, readChain } from "../chain/read.ts";
import { type RecordTime, recordTime } from "../chain/witnesses.ts";
import { LifecycleError } from "../errors.ts";
import { backedTags } from "../moves/reconcile.ts";
import type { Policy } from "../policy/policy.ts";
import { type LifecycleTag, logTag, parseLifecycleTag, parseVersionTag, stateTag } from "../versions/tags.ts";
import { resolveTag } from "../versions/version.ts";

/** Tags resolved at a time. */
const concurrency = 8;

export interface VersionStatus {
  readonly version: number;
  readonly digest: Digest;
  readonly state: string;
  /** RFC 3339; absent for versions that no record speaks of. */
  readonly since?: string;
  /** How far that is proven. */
  readonly time?: RecordTime;
  /** The person who signed the record. */
  readonly by?: string;
  /** Whether this is what production serves, in its main slot. */
  readonly isServing: boolean;
  /** When a retired version stops being served. RFC 3339. */
  readonly sunset?: string;
  /** Since when it must be kept, whatever else. RFC 3339. */
  readonly heldSince?: string;
}

/** What another slot than the main one serves. */
export interface SlotStatus {
  readonly slot: string;
  readonly version: number;
  readonly digest: Digest;
  /** Percent. */
  readonly weight?: number;
}

/** An emergency move that nobody has followed up. Times are RFC 3339. */
export interface BreakGlassStatus {
  readonly version: number;
  readonly incident: string;
  readonly expiresAt: string;
  readonly followUpBy: string;
}

/**
 * A tag that the chain does not stand behind.
 *
 * `forged`: no record says so. `moved`: one says so, of other content. `missing`: a record says so and the tag is gone.
 */
export type TagAnomaly =
  | { readonly kind: "forged"; readonly tag: string; readonly digest: Digest }
  | { readonly kind: "moved"; readonly tag: string; readonly digest: Digest; readonly expected: Digest }
  | { readonly kind: "missing"; readonly tag: string; readonly expected: Digest };

/** A record that lacks something that the policy asks of such a move; {@link replay} tells the rest. */
export interface RecordOmission {
  readonly sequence: number;
  readonly version: number;
  readonly kind: string;
  readonly omits: readonly string[];
}

export interface ModelStatus {
  readonly model: string;
  readonly policy: { readonly name: string; readonly version: number; readonly digest: Digest };
  readonly weakened: readonly string[];
  /** By number. */
  readonly versions: readonly VersionStatus[];
  /** What production serves. */
  readonly serving?: VersionStatus;
  readonly slots: readonly SlotStatus[];
  readonly openBreakGlass: readonly BreakGlassStatus[];
  /** The newest record; absent before the first. */
  readonly head?: { readonly sequence: number; readonly digest: Digest };
  /** Records in force that by their own word lack what the policy asks of them. By number. */
  readonly omissions: readonly RecordOmission[];
  /** By tag. */
  readonly anomalies: readonly TagAnomaly[];
}

/**
 * Tells where every version is, by the verified chain, and which tags tell another story.
 *
 * @throws {@link LifecycleError} `CHAIN_BROKEN`: without a history there is no state to report.
 */
export async function readStatus(store: ModelStore, policy: Policy, options: ChainOptions = {}): Promise<ModelStatus> {
  return statusOf(store, await readChain(store, policy, options), options);
}

/** Like {@link readStatus}, by a chain that was read already. */
export async function statusOf(store: ModelStore, chain: Chain, options: CallOptions = {}): Promise<ModelStatus> {
  const tags = await readTags(store, chain, options);
  return { ...add(chain, tags), anomalies: findAnomalies(chain, tags) };
}

/** What a chain says by itself, for a past moment of which no tags are known. */
export function statusOfChain(chain: Chain): ModelStatus {
  return { ...add(chain, new Map()), anomalies: [] };
}

function add(chain: Chain, tags: ReadonlyMap<string, Digest>): Omit<ModelStatus, "anomalies"> {
  const { model, policy, state } = chain;
  const versions = versionsOf(state, policy, tags);
  const serving = versions.find(({ isServing }) => isServing);
  const head = headOf(chain);
  return {
    model,
    policy: { name: policy.name, version: policy.version, digest: policy.digest },
    weakened: policy.weakened,
    versions,
    ...(serving ? { serving } : {}),
    slots: [...(state.slots?.values() ?? [])].map(({ link: _link, ...slot }) => slot),
    openBreakGlass: (state.openBreakGlass ?? []).map(({ facts, version }) => ({ version, ...facts })),
    omissions: omissionsOf(chain),
    ...(head ? { head: { sequence: chain.links.length, digest: head } } : {}),
  };
}

/** Of the records that say where versions are, what serves, what is held, and what of that is over. */
function omissionsOf({ policy, state }: Chain): readonly RecordOmission[] {
  const inForce = [
    ...[...state.versions.values()].flatMap(({ hold, lifted, link }) => [link, hold, ...(lifted?.by ?? [])]),
    ...[...(state.slots?.values() ?? [])].map(({ link }) => link),
    ...(state.followedUp ?? []).flatMap(({ by }) => by),
  ];
  return [...new Set(inForce)]
    .flatMap((link): readonly RecordOmission[] => {
      const omits = link ? omissions(link, policy) : [];
      if (!link || omits.length === 0) return [];
      return [{ sequence: link.sequence, version: link.version, kind: link.record.kind, omits }];
    })
    .sort((one, other) => one.sequence - other.sequence);
}

/**
 * The tags of the grammar that are about versions, and what they name. Of rollouts that many others followed, only
 * whether they are there: nobody follows them any more, and each would be a request. Log tags are the chain's own
 * business, but for those above its head: a reader that goes on from a remembered head has not looked there.
 */
async function readTags(
  store: ModelStore,
  { links, policy, state }: Chain,
  options: CallOptions,
): Promise<ReadonlyMap<string, Digest>> {
  const names: string[] = [];
  const settled = new Map<string, Digest>();
  const known = new Map(state.rollouts.slice(0, -lookedAtRollouts).map(({ digest, sequence }) => [sequence, digest]));
  for await (const tag of store.tags(options)) {
    const parsed = parseLifecycleTag(tag);
    const digest = parsed?.kind === "rollout" && parsed.state === policy.liveState && known.get(parsed.sequence);
    if (digest) {
      settled.set(tag, digest);
      continue;
    }
    if (parsed?.kind === "log" && parsed.sequence > links.length + raceSlack) throw gap(links.length + 1, tag);
    if (parsed && parsed.kind !== "log" && isOfPolicy(parsed, policy)) names.push(tag);
  }
  const resolved = await mapConcurrent(
    names,
    concurrency,
    async (tag, signal) => [tag, await resolveTag(store, tag, { signal })] as const,
    options.signal ?? undefined,
  );
  return new Map([...settled, ...resolved.flatMap(([tag, digest]) => (digest ? [[tag, digest] as const] : []))]);
}

/** Rollout tags whose content is looked at, the newest. */
const lookedAtRollouts = 100;

/** Records that somebody may have written since the chain was read. */
const raceSlack = 1;

function gap(record: number, tag: string): LifecycleError {
  const reason = `record ${record} of the chain is broken: ${logTag(record)} is missing, although ${tag} is there`;
  return new LifecycleError("CHAIN_BROKEN", reason, { record });
}

/** `v1-rc` is somebody's own tag, not a claim about a state. */
function isOfPolicy(tag: LifecycleTag, policy: Policy): boolean {
  return !("state" in tag) || policy.states.has(tag.state);
}

function versionsOf(state: ModelState, policy: Policy, tags: ReadonlyMap<string, Digest>): readonly VersionStatus[] {
  const recorded = [...state.versions.values()].map(
    ({ version, digest, hold, state: name, since, sunset, by, link }) => ({
      ...{ version, digest, state: name, since, time: recordTime(link, policy), by: by.person },
      isServing: state.champion?.version === version,
      ...(sunset === undefined ? {} : { sunset }),
      ...(hold ? { heldSince: hold.record.recordedAt } : {}),
    }),
  );
  const others = [...tags].flatMap(([tag, digest]) => {
    const version = parseVersionTag(tag);
    if (version === undefined || state.versions.has(version)) return [];
    return [{ version, digest, state: policy.initialState, isServing: false }];
  });
  return [...recorded, ...others].sort((one, other) => one.version - other.version);
}

function findAnomalies(chain: Chain, tags: ReadonlyMap<string, Digest>): readonly TagAnomaly[] {
  const backed = new Map<string, Digest>(backedTags(chain).map(({ tag, digest }) => [tag, digest]));
  // A version that no record speaks of has its two first tags from being registered, and they must agree.
  for (const [tag, digest] of tags) {
    const version = parseVersionTag(tag);
    if (version === undefined || backed.has(tag)) continue;
    backed.set(tag, digest);
    backed.set(stateTag(version, chain.policy.initialState), digest);
  }
  const found = [...tags].flatMap(([tag, digest]): readonly TagAnomaly[] => {
    const expected = backed.get(tag);
    if (expected === undefined) return [{ kind: "forged", tag, digest }];
    return expected === digest ? [] : [{ kind: "moved", tag, digest, expected }];
  });
  const missing = [...backed].flatMap(([tag, expected]): readonly TagAnomaly[] =>
    tags.has(tag) ? [] : [{ kind: "missing", tag, expected }],
  );
  return [...found, ...missing].sort((one, other) => (one.tag < other.tag ? -1 : 1));
}
