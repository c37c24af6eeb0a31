import type { CallOptions } from "../oci/content.ts";
import type { Envelope } from "./envelope.ts";
import type { CertificateIdentity, Identity, PublicKey } from "./identity.ts";

/** Something that can sign: a private key in memory, a KMS, a short-lived certificate. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** Signs bytes with the key's own algorithm and hash; ECDSA signatures are ASN.1 DER. */
  sign(payload: Uint8Array): Promise<Uint8Array>;
  /** Whom its certificates name, which is then who signed; absent: the key itself. */
  readonly identity?: CertificateIdentity;
  /** Gets what is to be in the bundle besides the signature; absent: nothing but the name of the key. */
  prove?(envelope: Envelope, options?: CallOptions): Promise<SignatureProofs>;
}

/** What proves who signed and when, as it stands in a bundle. */
export interface SignatureProofs {
  /** DER. */
  readonly certificate?: Uint8Array;
  readonly logEntries: readonly Readonly<Record<string, unknown>>[];
  /** RFC 3161, DER. */
  readonly timestamps: readonly Uint8Array[];
}

/** Who verifiers will say has signed. */
export function signerIdentity({ identity, publicKey }: Signer): Identity {
  return identity ?? publicKey.identity;
}
