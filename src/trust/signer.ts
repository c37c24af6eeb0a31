import type { PublicKey } from "./identity.ts";

/** Something that can sign: today a private key in memory, later a KMS or a short-lived certificate. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** Signs bytes with the key's own algorithm and hash; ECDSA signatures are ASN.1 DER. */
  sign(payload: Uint8Array): Promise<Uint8Array>;
}
