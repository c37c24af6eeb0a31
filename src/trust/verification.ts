import type { Digest } from "../base/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { IdentityRule } from "./certificate-identity.ts";
import { VerificationError, type VerificationErrorCode } from "./errors.ts";
import type { Identity, PublicKey } from "./identity.ts";
import type { Proven, Thresholds } from "./proven.ts";
import type { Statement } from "./statement.ts";
import type { TrustRoot } from "./trust-root.ts";

/** What a verifier accepts. There is no default: verification without keys does not type-check. */
export interface VerificationPolicy {
  /** Trusted public keys; none when certificates alone are trusted. */
  readonly keys: readonly PublicKey[];
  /** Trusted certificates. Absent: a signature with a certificate is by nobody who is trusted. */
  readonly certificates?: CertificateTrust;
  /**
   * Also verifies log entries and timestamps that come with key signatures, and demands as many as this says.
   * Absent: they are counted and not looked at.
   */
  readonly keyProofs?: KeyProofTrust;
  /** Accept only this predicate type. `cosign verify` does not check it; mreg always can. */
  readonly predicateType?: string;
}

/** Which root proofs are verified against, and how many there must be. */
export interface ProofTrust {
  readonly root: TrustRoot;
  readonly thresholds?: Thresholds;
}

export interface KeyProofTrust extends ProofTrust {
  /**
   * The signature counts without them: what comes with it is verified all the same, and what does not hold is named in
   * {@link Verification.unproven}. Default: refused.
   */
  readonly isOptional?: boolean;
}

/** Whose certificates are accepted: issued under the root, to one of the identities. */
export interface CertificateTrust extends ProofTrust {
  readonly identities: readonly IdentityRule[];
}

/** A statement whose signature, subject and shape were verified: who said it, and what. */
export interface Verification {
  readonly signer: Identity;
  readonly statement: Statement;
  /** The attached manifest that carries the bundle; its digest is how records name this statement. */
  readonly bundle: Descriptor;
  /** When it was attached, by the word of whoever attached it. A key signature alone proves no time. */
  readonly claimedTime?: string;
  /** What log entries and timestamps have proven; absent when nothing was verified against a trusted root. */
  readonly proven?: Proven;
  /** Why the log entries and timestamps that came with it prove nothing, where they are optional. */
  readonly unproven?: string;
  /** Present when it is no bundle, but was signed in a way of before. */
  readonly legacy?: LegacyLayout;
  /** Proofs in the bundle that a check with a public key does not look at; absent when there are none. */
  readonly unchecked?: UncheckedProofs;
}

/** Where and how a signature without a bundle was found. Its `bundle` is then the manifest whose layer it is. */
export interface LegacyLayout {
  /** A plain signature, or an attestation. */
  readonly kind: "signature" | "attestation";
  /** Under a tag made of the subject's digest, or attached to the subject. */
  readonly found: "tag" | "referrer";
  readonly layer: Digest;
  /** The name a plain signature was made for, such as `registry.example.com/ml/risk`. Signed, not compared. */
  readonly identity?: string;
}

/** Present, not checked: nothing may be concluded from them, neither a time nor a publication. */
export interface UncheckedProofs {
  readonly logEntries: number;
  readonly timestamps: number;
}

/**
 * A referrer that is, or for all one can read may be, a signed statement and could not be verified; with the reason.
 */
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
