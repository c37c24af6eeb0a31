import { createHash, type KeyObject } from "node:crypto";
import type { SignedEntity } from "@sigstore/verify";

/** What a signature was made over. */
export interface SignedContent {
  readonly signature: Uint8Array;
  /** The bytes under the signature: of an envelope, type and payload with their lengths. */
  readonly signedBytes: Uint8Array;
  /** What older log entries hash: the envelope's payload; of a bare message, the message. */
  readonly content: Uint8Array;
}

/**
 * Shows signed content to @sigstore/verify.
 *
 * @param signer - the key under which the signature has been verified already, with our own choice of hash; the
 * library would take SHA-256 on every curve.
 */
export function signatureContent(
  { signature, signedBytes, content }: SignedContent,
  signer: KeyObject,
): SignedEntity["signature"] {
  return {
    signature: Buffer.from(signature),
    compareSignature: (other) => other.equals(signature),
    compareDigest: (digest) => isDigestOf(digest, content),
    compareSignedDigest: (digest) => isDigestOf(digest, signedBytes),
    verifySignature: (key) => key.equals(signer),
  };
}

/** By the length of the digest: keys on larger curves are logged with larger hashes. */
const algorithms: ReadonlyMap<number, string> = new Map([
  [32, "sha256"],
  [48, "sha384"],
  [64, "sha512"],
]);

function isDigestOf(digest: Buffer, bytes: Uint8Array): boolean {
  const algorithm = algorithms.get(digest.byteLength);
  return algorithm !== undefined && createHash(algorithm).update(bytes).digest().equals(digest);
}
