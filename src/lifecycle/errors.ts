import { MregError } from "../base/errors.ts";
import type { Decision } from "./decision/decision.ts";

export type LifecycleErrorCode =
  | "TRANSITION_UNKNOWN"
  | "GATE_DENIED"
  | "CHAIN_BROKEN"
  | "STATE_CONFLICT"
  | "NOT_SERVED"
  | "POLICY_INVALID";

export interface LifecycleErrorFacts extends ErrorOptions {
  /** With `GATE_DENIED`: every gate's result, so that the caller can show all that is missing at once. */
  readonly decision?: Decision;
  /** With `CHAIN_BROKEN`: number of the record at which verification stopped. */
  readonly record?: number;
}

/**
 * A model cannot be moved, or its history cannot be believed.
 *
 * `TRANSITION_UNKNOWN`: the policy has no such move. `GATE_DENIED`: it has, and says no. `CHAIN_BROKEN`: the history
 * was tampered with or lost a link; nothing that it says counts. `STATE_CONFLICT`: somebody else got there first, read
 * again and decide again. `NOT_SERVED`: the version was revoked, or is kept for audits alone. `POLICY_INVALID`: the
 * policy itself cannot be used.
 */
export class LifecycleError extends MregError {
  readonly code: LifecycleErrorCode;
  readonly decision?: Decision;
  readonly record?: number;

  constructor(code: LifecycleErrorCode, message: string, facts: LifecycleErrorFacts = {}) {
    super(message, facts);
    this.code = code;
    if (facts.decision) this.decision = facts.decision;
    if (facts.record !== undefined) this.record = facts.record;
  }
}
