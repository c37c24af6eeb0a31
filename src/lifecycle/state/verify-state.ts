import type { Clock } from "../../base/clock.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { VerificationError } from "../../trust/errors.ts";
import type { Chain, ChainLink, ModelState, VersionState } from "../chain/fold.ts";
import type { ChainOptions } from "../chain/heads.ts";
import { type ModelStore, readChain } from "../chain/read.ts";
import { doubtIn, replay } from "../collect/replay.ts";
import { standingState } from "../collect/standing-state.ts";
import type { Decision } from "../decision/decision.ts";
import { denied } from "../moves/promote.ts";
import type { Policy } from "../policy/policy.ts";
import { versionTag } from "../versions/tags.ts";
import { findVersion } from "../versions/version.ts";

export interface VerifyStateOptions extends ChainOptions {
  /** A chain that was read already. */
  readonly chain?: Chain;
  /** Tells whether an emergency move is over; without it, only what needs no time is judged. */
  readonly clock?: Clock;
  /** Which version is meant, should the content have several. */
  readonly version?: number;
}

/** A state that was recomputed from the chain, the evidence and the policy, and holds. */
export interface VerifiedState {
  readonly version: number;
  readonly state: string;
  /** Whether production serves this version, and not merely holds it ready. */
  readonly isServing: boolean;
  /** RFC 3339. */
  readonly since: string;
  /** The record that moved the version there. */
  readonly link: ChainLink;
  /** The gates, judged again from the statements that the record names. */
  readonly decision: Decision;
  /** The policy has changed since; the decision is by the policy of today. */
  readonly policyChanged: boolean;
}

/**
 * Recomputes whether a manifest is in a state. Tags count for nothing: a hand-pushed `v1-production` changes no answer.
 *
 * Verified are the whole chain, the last record of the version, and the gates of that move, judged again from the
 * statements the record names. When the policy has changed since, its present form judges: a record that could name any
 * other policy and be believed would be a way around all gates.
 *
 * @throws {@link VerificationError} `NO_SIGNATURE` when no signed record says so; others when evidence is gone or
 * forged.
 * @throws {@link LifecycleError} `CHAIN_BROKEN`, `GATE_DENIED` when the gates would not let it pass.
 */
// biome-ignore lint/complexity/useMaxParams: the contract of every async call ends in options, and state is a plain word
export async function verifyState(
  store: ModelStore,
  policy: Policy,
  target: Descriptor,
  state: string,
  options: VerifyStateOptions = {},
): Promise<VerifiedState> {
  const { heads, signal } = options;
  const chain = options.chain ?? (await readChain(store, policy, { heads, signal }));
  const model = chain.state;
  const version = await versionOf(store, model, target, options);
  const found = version === undefined ? undefined : model.versions.get(version);
  if (!found || found.state !== state) {
    const name = version === undefined ? target.digest : `v${version} (${target.digest})`;
    throw new VerificationError(
      "NO_SIGNATURE",
      `${store.name} ${name} is in ${found?.state ?? policy.initialState}, expected ${state}: no signed record says so`,
    );
  }
  const { decision, policyChanged } = await replay(store, chain, found.link, { signal });
  if (!decision.allowed) throw denied(decision);
  const serving = servingLinks(model, found.version);
  // What put it into a slot later was a decision of its own.
  for (const link of serving.filter(({ record }) => record.kind === "assign")) {
    const assigned = await replay(store, chain, link, { signal });
    if (!assigned.decision.allowed) throw denied(assigned.decision);
  }
  await checkEmergency(store, chain, found, options);
  return {
    ...{ version: found.version, state, since: found.since, link: found.link, decision, policyChanged },
    isServing: serving.length > 0,
  };
}

/** The records by which a version serves, in the main slot and in others. */
export function servingLinks({ champion, slots }: ModelState, version: number): readonly ChainLink[] {
  return [champion, ...(slots?.values() ?? [])].flatMap((one) => (one?.version === version ? [one.link] : []));
}

/**
 * @throws {@link VerificationError} when an emergency let it in, for a time that is over, and nobody followed it up.
 */
async function checkEmergency(
  store: ModelStore,
  chain: Chain,
  { version }: VersionState,
  { clock, signal }: VerifyStateOptions,
): Promise<void> {
  if (!clock) return;
  const now = clock();
  const doubt = doubtIn(store, chain, { signal });
  const { openBreakGlass = [] } = await standingState({ state: chain.state, version, now }, doubt);
  const open = openBreakGlass.find((one) => one.version === version);
  if (!open || Date.parse(open.facts.expiresAt) > now.getTime()) return;
  throw new VerificationError(
    "NO_SIGNATURE",
    `${versionTag(version)} came by break-glass (${open.facts.incident}) until ${open.facts.expiresAt}, which is over, and ${open.notFollowedUp === undefined ? "nobody has followed it up" : `the follow-up does not count: ${open.notFollowedUp}`}`,
  );
}

/** Content without a version has no state; that is an answer and not an error. */
async function versionOf(
  store: ModelStore,
  model: ModelState,
  { digest }: Descriptor,
  { signal, version }: VerifyStateOptions,
): Promise<number | undefined> {
  const recorded = [...model.versions.values()].some((one) => one.digest === digest);
  return recorded || version !== undefined ? findVersion(store, model, digest, { signal, version }) : undefined;
}
