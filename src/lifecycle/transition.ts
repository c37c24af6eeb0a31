import type { ModelState } from "./chain/fold.ts";
import { LifecycleError } from "./errors.ts";
import type { Policy } from "./policy/policy.ts";
import type { TransitionKind, TransitionRule } from "./policy/schema.ts";

export interface Move {
  readonly version: number;
  readonly to: string;
  readonly kind?: TransitionKind | undefined;
}

/** The state a version is in: the chain's word, or the initial one before any record speaks of it. */
export function stateOfVersion(state: ModelState, policy: Policy, version: number): string {
  return state.versions.get(version)?.state ?? policy.initialState;
}

/**
 * Tells whether a move has been made already, so that running a command twice is harmless.
 *
 * In production only what is served counts as there: an older version is moved back by a rollback.
 */
export function isAlreadyThere(state: ModelState, policy: Policy, { version, to }: Move): boolean {
  if (stateOfVersion(state, policy, version) !== to || !state.versions.has(version)) return false;
  return to !== policy.liveState || state.champion?.version === version;
}

/**
 * Finds the policy's rule for a move.
 *
 * @throws {@link LifecycleError} `TRANSITION_UNKNOWN`, with the moves that there are.
 */
export function findTransition(state: ModelState, policy: Policy, move: Move): TransitionRule {
  const from = stateOfVersion(state, policy, move.version);
  // A rollback must be asked for by name: "promote to production" must not silently become one.
  const matching = policy.transitions.find(
    (rule) => rule.from === from && rule.to === move.to && (rule.kind === move.kind || isImplied(rule, move)),
  );
  if (matching) return matching;
  const possible = policy.transitions.filter((rule) => rule.from === from);
  const moves = possible.map(({ to, kind }) => (kind === "rollback" ? `${to} (rollback)` : to)).join(", ");
  throw new LifecycleError(
    "TRANSITION_UNKNOWN",
    `v${move.version} is in ${from}; the policy has no ${move.kind ?? "move"} from there to ${JSON.stringify(move.to)}, ` +
      `expected one of: ${moves || "none, it is terminal"}`,
  );
}

function isImplied({ kind }: TransitionRule, move: Move): boolean {
  return move.kind === undefined && kind !== "rollback";
}
