import { MregError } from "../base/errors.ts";

export type SigningErrorCode =
  | "KEY_INVALID"
  | "PASSWORD_WRONG"
  | "STATEMENT_INVALID"
  | "IDENTITY_INVALID"
  | "TRUST_ROOT_INVALID"
  | "TOKEN_INVALID"
  | "SERVICE_REFUSED"
  | "SERVICE_UNAVAILABLE";

/**
 * A signature cannot be made.
 *
 * `KEY_INVALID`: a private or public key cannot be read, or is of a kind that is not accepted. `PASSWORD_WRONG`: the
 * private key stays closed. `STATEMENT_INVALID`: what was given to sign is malformed or speaks of something else.
 * `IDENTITY_INVALID`: a rule about certificates names nobody. `TRUST_ROOT_INVALID`: a trusted root or signing
 * configuration cannot be read. `TOKEN_INVALID`: no identity token, or one that says nothing. `SERVICE_REFUSED`: the
 * certificate authority, log or timestamp authority says no. `SERVICE_UNAVAILABLE`: it says nothing of use; again
 * later.
 */
export class SigningError extends MregError {
  readonly code: SigningErrorCode;

  constructor(code: SigningErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type VerificationErrorCode = "NO_SIGNATURE" | "SIGNATURE_INVALID" | "SUBJECT_MISMATCH" | "IDENTITY_MISMATCH";

/**
 * A signature or statement is not what the verifier was told to accept.
 *
 * `NO_SIGNATURE`: there is none of the kind asked for. `IDENTITY_MISMATCH`: it is signed, but by nobody who is trusted.
 * `SUBJECT_MISMATCH`: it speaks of other content. `SIGNATURE_INVALID`: everything malformed or forged.
 */
export class VerificationError extends MregError {
  readonly code: VerificationErrorCode;

  constructor(code: VerificationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
