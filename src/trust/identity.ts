import type { KeyObject } from "node:crypto";

/** SHA-256 of a public key's SPKI DER, `sha256:` and lower-case hex. */
export type Fingerprint = `sha256:${string}`;

/** Who signed, as proven by cryptography; never what a field says. */
export interface Identity {
  readonly kind: "key";
  readonly fingerprint: Fingerprint;
}

/** A public key a verifier was told to trust. */
export interface PublicKey {
  readonly identity: Identity;
  readonly key: KeyObject;
  /** SPKI, PEM. */
  readonly pem: string;
}
