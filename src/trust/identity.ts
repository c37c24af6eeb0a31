import type { KeyObject } from "node:crypto";

/**
 * SHA-256, `sha256:` and lower-case hex: of a public key's SPKI DER, or of what stands for a certificate's identity.
 */
export type Fingerprint = `sha256:${string}`;

/** Who signed, as proven by cryptography; never what a field says. */
export type Identity = KeyIdentity | CertificateIdentity;

/** Whoever holds a key. */
export interface KeyIdentity {
  readonly kind: "key";
  readonly fingerprint: Fingerprint;
}

/** Whom an identity provider vouched for, as a certificate authority wrote it down. */
export interface CertificateIdentity {
  readonly kind: "certificate";
  /** Names issuer and subject together, so that two people are never one; {@link describeCertificateIdentity}. */
  readonly fingerprint: Fingerprint;
  /** URL of the identity provider. */
  readonly issuer: string;
  /** The one subject alternative name: an address, the URL of a workflow, a user name. */
  readonly subject: string;
}

/** A public key a verifier was told to trust. */
export interface PublicKey {
  readonly identity: KeyIdentity;
  readonly key: KeyObject;
  /** SPKI, PEM. */
  readonly pem: string;
}
