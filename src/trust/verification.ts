import type { Descriptor } from "../oci/descriptor.ts";
import { VerificationError, type VerificationErrorCode } from "./errors.ts";
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
  /** Proofs in the bundle that a check with a public key does not look at; absent when there are none. */
  readonly unchecked?: UncheckedProofs;
}

/** Present, not checked: nothing may be concluded from them, neither a time nor a publication. */
export interface UncheckedProofs {
  readonly logEntries: number;
  readonly timestamps: number;
}

/** A referrer that is, or for all one can read may be, a signed statement and could not be verified; with the reason. */
export interface Rejection {
  readonly bundle: Descriptor;
  readonly error: VerificationError;
}

/** What was found at one subject. Everything that was not verified is named: an omission never passes for a denial. */
export interface VerificationReport {
  readonly verified: readonly Verification[];
  readonly rejected: readonly Rejection[];
}

/** The most alarming first: forged, then misplaced, then foreign. */
const severity: readonly VerificationErrorCode[] = ["SIGNATURE_INVALID", "SUBJECT_MISMATCH", "IDENTITY_MISMATCH"];

/** Rejections quoted in one error; the report has all of them. */
const quotedRejections = 5;

/**
 * Demands that something was verified.
 *
 * @throws {@link VerificationError} with the gravest code among the rejections, or `NO_SIGNATURE` when there was
 * nothing at all to verify.
 */
export function requireVerified({
  verified,
  rejected,
}: VerificationReport): readonly [Verification, ...Verification[]] {
  const [first, ...rest] = verified;
  if (first) return [first, ...rest];
  const code = severity.find((candidate) => rejected.some(({ error }) => error.code === candidate)) ?? "NO_SIGNATURE";
  if (rejected.length === 0) throw new VerificationError(code, "no signed statement of the expected kind is attached");
  const reasons = rejected.slice(0, quotedRejections).map(({ bundle, error }) => `${bundle.digest}: ${error.message}`);
  const more = rejected.length > quotedRejections ? ` and ${rejected.length - quotedRejections} more` : "";
  throw new VerificationError(
    code,
    `none of ${rejected.length} attached signatures is acceptable: ${reasons.join("; ")}${more}`,
    { cause: rejected[0]?.error },
  );
}
