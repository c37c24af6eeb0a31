import type { ChainLink } from "../chain/fold.ts";
import type { ModelStore } from "../chain/read.ts";
import { collectSituation, readStanding, type Standing } from "../collect/collect.ts";
import { replay } from "../collect/replay.ts";
import { decide } from "../decision/decide.ts";
import type { Decision } from "../decision/decision.ts";
import type { CheckRequest, TransitionRequest } from "./request.ts";
import { isAlreadyThere } from "./transition.ts";

/**
 * Tells what `promote` would decide now, and writes nothing. Of a move that has been made it tells what its record's
 * evidence amounts to now.
 *
 * @throws {@link LifecycleError} `TRANSITION_UNKNOWN`, `CHAIN_BROKEN`, `POLICY_INVALID`. A denial is an answer here,
 * not an error.
 */
export async function check(store: ModelStore, request: CheckRequest): Promise<Decision> {
  const standing = await readStanding(store, request);
  const link = madeAlready(standing, request);
  if (link) return (await replay(store, standing.chain, link, { signal: request.signal })).decision;
  return decide(await collectSituation(store, request, standing, request.actor));
}

/** The record of the move that is asked for, when it has been made: running a command twice is harmless. */
export function madeAlready(
  { state, to, version }: Standing,
  { circumstances, kind, policy }: TransitionRequest,
): ChainLink | undefined {
  const isThere = isAlreadyThere(state, policy, { version, to, kind, circumstances });
  return isThere ? state.versions.get(version)?.link : undefined;
}
