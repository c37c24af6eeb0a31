import type { ModelStore } from "../chain/read.ts";
import { collectSituation, readStanding } from "../collect/collect.ts";
import { decide } from "../decision/decide.ts";
import type { Decision } from "../decision/decision.ts";
import type { CheckRequest } from "./request.ts";

/**
 * Tells what `promote` would decide now, and writes nothing.
 *
 * @throws {@link LifecycleError} `TRANSITION_UNKNOWN`, `CHAIN_BROKEN`, `POLICY_INVALID`. A denial is an answer here,
 * not an error.
 */
export async function check(store: ModelStore, request: CheckRequest): Promise<Decision> {
  const standing = await readStanding(store, request);
  return decide(await collectSituation(store, request, standing, request.actor));
}
