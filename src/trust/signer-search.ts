import type { SignerClaim, WireProofs } from "./bundle.ts";
import { VerificationError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import type { Proven } from "./proven.ts";
import { findTrustedKey } from "./trusted-key.ts";
import type { VerificationPolicy } from "./verification.ts";

/** A signature, over what, and what came with it: from a bundle, or from a layer as it was before bundles. */
export interface Signed {
  readonly content: {
    readonly signature: Uint8Array;
    /** The bytes under the signature. */
    readonly signedBytes: Uint8Array;
    /** What older log entries hash: an envelope's payload, or the bytes themselves. */
    readonly content: Uint8Array;
  };
  readonly claim: SignerClaim;
  readonly proofs: WireProofs;
}

export interface ProvenSigner {
  readonly identity: Identity;
  readonly proven?: Proven;
  /** Why optional proofs that came with it prove nothing. */
  readonly unproven?: string;
}

/**
 * Finds out who signed, among those whom the policy accepts.
 *
 * @throws {@link VerificationError} `IDENTITY_MISMATCH`, `SIGNATURE_INVALID`.
 */
export async function findSigner(
  { claim, content, proofs }: Signed,
  policy: VerificationPolicy,
): Promise<ProvenSigner> {
  const { keys, certificates, keyProofs } = policy;
  if (claim.kind === "certificate") {
    if (!certificates) throw new VerificationError("IDENTITY_MISMATCH", "signed with a certificate, expected a key");
    const { verifyCertificateProofs } = await import("./sigstore/index.ts");
    return verifyCertificateProofs(content, proofs, certificates);
  }
  const { signedBytes, signature } = content;
  const key = await findTrustedKey(keys, { payload: signedBytes, signature, hint: claim.hint });
  const { identity } = key;
  const hasProofs = proofs.logEntries.length + proofs.timestamps.length > 0;
  if (!keyProofs || (keyProofs.isOptional && !hasProofs)) return { identity };
  const { verifyKeyProofs } = await import("./sigstore/index.ts");
  try {
    return { identity, proven: await verifyKeyProofs(content, key, proofs, keyProofs) };
  } catch (error) {
    if (!keyProofs.isOptional || !(error instanceof VerificationError)) throw error;
    return { identity, unproven: error.message };
  }
}
