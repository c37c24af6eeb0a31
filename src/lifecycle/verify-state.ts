import type { CallOptions } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { VerificationError } from "../trust/errors.ts";
import { type ChainLink, foldChain, type ModelState } from "./chain/fold.ts";
import { type ModelStore, readChain } from "./chain/read.ts";
import type { Decision } from "./decision.ts";
import type { Policy } from "./policy/policy.ts";
import { denied } from "./promote.ts";
import { replay } from "./replay.ts";
import { findVersion } from "./version.ts";

export interface VerifyStateOptions extends CallOptions {
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
  const { signal } = options;
  const chain = await readChain(store, policy, { signal });
  const model = foldChain(chain);
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
  return {
    ...{ version: found.version, state, since: found.since, link: found.link, decision, policyChanged },
    isServing: model.champion?.version === found.version,
  };
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
