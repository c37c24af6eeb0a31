import type { Descriptor } from "../oci/descriptor.ts";
import type { VerificationError } from "./errors.ts";
import type { Identity, PublicKey } from "./identity.ts";
import type { Statement } from "./statement.ts";

/** What a verifier accepts. There is no default: verification without keys does not type-check. */
export interface VerificationPolicy {
  /** Trusted public keys; at least one. */
  readonly keys: readonly PublicKey[];
  /** Accept only this predicate type. `cosign verify` does not check it; mreg always can. */
  readonly predicateType?: string;
}

/** A statement whose signature, subject and shape were verified: who said it, and what. */
export interface Verification {
  readonly signer: Identity;
  readonly statement: Statement;
  /** The attached manifest that carries the bundle; its digest is how records name this statement. */
  readonly bundle: Descriptor;
  /** When it was attached, by the word of whoever attached it. A key signature alone proves no time. */
  readonly claimedTime?: string;
}

/** A referrer that looks like a signed statement and could not be verified, with the reason. */
export interface Rejection {
  readonly bundle: Descriptor;
  readonly error: VerificationError;
}

export interface VerificationReport {
  readonly verified: readonly Verification[];
  readonly rejected: readonly Rejection[];
}
