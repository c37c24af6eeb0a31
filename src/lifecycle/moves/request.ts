import type { Clock } from "../../base/clock.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Identity } from "../../trust/identity.ts";
import type { Signer } from "../../trust/signer.ts";
import type { ChainOptions } from "../chain/heads.ts";
import type { Circumstances } from "../decision/circumstances.ts";
import type { Policy } from "../policy/policy.ts";
import type { TransitionKind } from "../policy/schema.ts";

/** Which version shall move where, under which policy. */
export interface TransitionRequest extends ChainOptions {
  readonly policy: Policy;
  /** The model manifest, resolved. */
  readonly target: Descriptor;
  /** The state to move to; absent: where the only move of `kind` leads from where the version is. */
  readonly to?: string;
  readonly clock: Clock;
  /** Which version is meant, should the content have several; default: the one the chain knows, or the lowest. */
  readonly version?: number;
  /** Needed to ask for what `to` alone does not say: a rollback, another slot, an emergency, a hold. */
  readonly kind?: TransitionKind;
  /** When retiring: how long the version is still served, such as `90d`. */
  readonly sunset?: string;
  /** Why, for how long, instead of what. Durations of `expiresAt` count from now. */
  readonly circumstances?: Circumstances;
}

export interface CheckRequest extends TransitionRequest {
  /** Who would ask; without it the answer is what an authorised person would hear. */
  readonly actor?: Identity;
}

export interface ApproveRequest extends TransitionRequest {
  readonly signer: Signer;
  readonly comment?: string;
  /** How long the approval counts, such as `24h`; the policy's `maxAge` may end it earlier. Default `72h`. */
  readonly validFor?: string;
}

export interface PromoteRequest extends TransitionRequest {
  /** Whose key signs verdict and record: the requester. */
  readonly signer: Signer;
  /** The CI run that carries it out, for the record. */
  readonly ci?: { readonly runUri: string };
  /** Do not make a move that is allowed with warnings: in a pipeline nobody reads them. Default: make it. */
  readonly refuseWarnings?: boolean;
  /** What writes the record, such as `mreg/0.1.0`. Default `mreg`. */
  readonly tool?: string;
}
