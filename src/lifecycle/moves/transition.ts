import type { ModelState } from "../chain/fold.ts";
import type { Circumstances } from "../decision/circumstances.ts";
import { LifecycleError } from "../errors.ts";
import type { Policy } from "../policy/policy.ts";
import { askedByName } from "../policy/references.ts";
import type { TransitionKind, TransitionRule } from "../policy/schema.ts";

export interface Move {
  readonly version: number;
  readonly to: string;
  readonly kind?: TransitionKind | undefined;
  readonly circumstances?: Circumstances | undefined;
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
export function isAlreadyThere(state: ModelState, policy: Policy, move: Move): boolean {
  const { version, to, kind, circumstances: { slot, weight } = {} } = move;
  const found = state.versions.get(version);
  if (found?.state !== to) return false;
  if (kind === "hold") return found.hold !== undefined;
  if (kind === "release") return found.hold === undefined;
  if (kind === "follow-up") return !(state.openBreakGlass ?? []).some((open) => open.version === version);
  if (to !== policy.liveState) return true;
  if (slot === undefined) return weight === undefined && state.champion?.version === version;
  const served = state.slots?.get(slot);
  return weight === 0 ? served?.version !== version : served?.version === version && served.weight === weight;
}

/**
 * Names the state that a request is about: the one it says, or the only one that its kind of move leads to.
 *
 * @throws {@link LifecycleError} `TRANSITION_UNKNOWN` when neither says.
 */
export function destination(
  state: ModelState,
  policy: Policy,
  { version, to, kind }: Omit<Move, "to"> & { readonly to?: string | undefined },
): string {
  if (to !== undefined) return to;
  const from = stateOfVersion(state, policy, version);
  // Where the version may be already, so that running a command twice is harmless.
  const rules = policy.transitions.filter((rule) => rule.kind === kind);
  const states = [...new Set(rules.map((rule) => rule.to))];
  const fitting = rules.filter((rule) => rule.from === from).map((rule) => rule.to);
  const [only, ...others] = fitting.length > 0 ? fitting : states;
  if (only !== undefined && others.length === 0) return only;
  throw new LifecycleError(
    "TRANSITION_UNKNOWN",
    `v${version} is in ${from}, and the policy has ${fitting.length === 0 ? "no" : "several"} moves of kind ${kind ?? "promote"} from there, expected --to <state>`,
  );
}

/**
 * Finds the policy's rule for a move.
 *
 * @throws {@link LifecycleError} `TRANSITION_UNKNOWN`, with the moves that there are.
 */
export function findTransition(state: ModelState, policy: Policy, move: Move): TransitionRule {
  const from = stateOfVersion(state, policy, move.version);
  // Some must be asked for by name: "promote to production" must not silently become a rollback or an emergency.
  const matching = policy.transitions.find(
    (rule) => rule.from === from && rule.to === move.to && (rule.kind === move.kind || isImplied(rule, move)),
  );
  if (matching) return matching;
  const possible = policy.transitions.filter((rule) => rule.from === from);
  const moves = possible.map(({ to, kind }) => (askedByName.includes(kind) ? `${to} (${kind})` : to)).join(", ");
  throw new LifecycleError(
    "TRANSITION_UNKNOWN",
    `v${move.version} is in ${from}; the policy has no ${move.kind ?? "move"} from there to ${JSON.stringify(move.to)}, ` +
      `expected one of: ${moves || "none, it is terminal"}`,
  );
}

/**
 * A slot or a weight asks for `assign` by itself where the version is in service already: nothing else takes one there.
 */
function isImplied({ kind }: TransitionRule, { circumstances: { slot, weight } = {}, kind: asked }: Move): boolean {
  if (asked !== undefined) return false;
  return !askedByName.includes(kind) || (kind === "assign" && (slot !== undefined || weight !== undefined));
}
