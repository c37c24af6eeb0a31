import type { Clock } from "../../base/clock.ts";
import type { Identity } from "../../trust/identity.ts";
import { type Chain, headOf, type ModelState, policyOf } from "../chain/fold.ts";
import { type ModelStore, readChain } from "../chain/read.ts";
import type { Circumstances } from "../decision/circumstances.ts";
import { type Situation, withDelegations } from "../decision/situation.ts";
import { durationMs, durationPattern } from "../duration.ts";
import { LifecycleError } from "../errors.ts";
import { clockSkewMs } from "../gates/selection.ts";
import type { TransitionRequest } from "../moves/request.ts";
import { destination, findTransition } from "../moves/transition.ts";
import { findVersion } from "../versions/version.ts";
import { readContent } from "./model-content.ts";
import { doubtIn } from "./replay.ts";
import { standingState } from "./standing-state.ts";
import { collectStatements } from "./statements.ts";

/** The verified history, added up, and the version that a request is about. */
export interface Standing {
  readonly chain: Chain;
  /** What it adds up to, but for what does not count when it is judged again. */
  readonly state: ModelState;
  readonly version: number;
  /** The state that the request is about. */
  readonly to: string;
}

/** Reads the chain and finds the version. @throws what `readChain` and `findVersion` throw. */
export async function readStanding(store: ModelStore, request: TransitionRequest): Promise<Standing> {
  const { clock, heads, policy, signal, target, version } = request;
  const chain = await readChain(store, policy, { heads, signal });
  const found = await findVersion(store, chain.state, target.digest, { signal, version });
  const question = { state: chain.state, version: found, now: clock() };
  const state = await standingState(question, doubtIn(store, chain, { signal }));
  return { chain, state, version: found, to: destination(state, policy, { ...request, version: found }) };
}

/**
 * Gathers all that a decision depends on.
 *
 * @param requester - who asks; absent when nobody does yet.
 * @throws {@link LifecycleError} `TRANSITION_UNKNOWN` when the policy has no such move from where the version is.
 */
export async function collectSituation(
  store: ModelStore,
  request: TransitionRequest,
  { chain, state, to, version }: Standing,
  requester?: Identity,
): Promise<Situation> {
  const { circumstances, policy, signal, target, kind, clock } = request;
  const now = presentTime(chain, clock);
  const rule = findTransition(state, policy, { version, to, kind, circumstances });
  const last = chain.links.at(-1);
  const { statements, foreign } = await collectStatements(store, target, chain, { signal });
  const champion = state.champion && (await store.resolve(state.champion.digest, { signal }));
  const { statements: championStatements } = champion
    ? await collectStatements(store, champion, chain, { signal })
    : { statements: [] };
  return withDelegations({
    ...{ policy, now, model: chain.model, version, digest: target.digest, rule, state, head: headOf(chain) },
    ...{ statements, foreign, championStatements },
    ...(last ? { policyInUse: policyOf(last) } : {}),
    ...(await readContent(store, target, { signal })),
    ...(requester ? { requester: requester.fingerprint } : {}),
    ...(request.sunset === undefined ? {} : { sunset: timeOf(request.sunset, now) }),
    ...(circumstances ? { circumstances: dated(circumstances, now) } : {}),
  });
}

/**
 * A duration counts from now, a time stands for itself. Anything else is passed on as it is: the gate that asks for a
 * sunset refuses it, with the other reasons that there may be.
 */
function timeOf(text: string, now: Date): string {
  if (durationPattern.test(text)) return new Date(now.getTime() + durationMs(text)).toISOString();
  return Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString();
}

function dated(circumstances: Circumstances, now: Date): Circumstances {
  const { compromisedSince, expiresAt } = circumstances;
  return {
    ...circumstances,
    ...(expiresAt === undefined ? {} : { expiresAt: timeOf(expiresAt, now) }),
    ...(compromisedSince === undefined ? {} : { compromisedSince: timeOf(compromisedSince, now) }),
  };
}

/**
 * The time to decide at. A record must not be older than the one it follows, so that a clock that lags a little uses
 * the chain's time.
 *
 * @throws {@link LifecycleError} `CHAIN_BROKEN` when the newest record is from the future: one such record would let
 * nothing follow it, and every waiting time would be over.
 */
function presentTime(chain: Chain, clock: Clock): Date {
  const now = clock();
  const last = chain.links.at(-1);
  if (!last) return now;
  const ahead = Date.parse(last.record.recordedAt) - now.getTime();
  if (ahead <= 0) return now;
  if (ahead <= clockSkewMs) return new Date(last.record.recordedAt);
  throw new LifecycleError(
    "CHAIN_BROKEN",
    `record ${last.sequence} is from ${last.record.recordedAt}, but it is ${now.toISOString()} by the clock here`,
    { record: last.sequence },
  );
}
