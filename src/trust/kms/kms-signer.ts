import { printable } from "../document.ts";
import { SigningError } from "../errors.ts";
import type { PublicKey } from "../identity.ts";
import { verifySignature } from "../key.ts";
import type { Signer } from "../signer.ts";

/** What a KMS must be able to do. */
export interface Kms {
  /** For messages: the program, or the address of the service. */
  readonly name: string;
  /** Signs bytes with SHA-256, as cosign has every KMS do; Ed25519 has its own hash. */
  sign(payload: Uint8Array): Promise<Uint8Array>;
}

/** Signs with a key that never leaves its KMS. */
export class KmsSigner implements Signer {
  readonly publicKey: PublicKey;
  readonly #kms: Kms;

  constructor(publicKey: PublicKey, kms: Kms) {
    this.publicKey = publicKey;
    this.#kms = kms;
  }

  /**
   * @throws {@link SigningError} `SERVICE_REFUSED` also for a signature that the key did not make: nobody would accept
   * it.
   */
  async sign(payload: Uint8Array): Promise<Uint8Array> {
    const signature = await this.#kms.sign(payload);
    if (await verifySignature(this.publicKey, payload, signature)) return signature;
    throw new SigningError(
      "SERVICE_REFUSED",
      `${printable(this.#kms.name)} answered with a signature that key ${this.publicKey.identity.fingerprint} did not make`,
    );
  }
}
