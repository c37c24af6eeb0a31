import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
} from "node:crypto";
import { promisify } from "node:util";
import { SigningError } from "./errors.ts";
import type { Fingerprint, PublicKey } from "./identity.ts";
import { checkKeyLength, describePublicKey, signatureHashes } from "./key.ts";
import type { KeyAlgorithm } from "./key-algorithm.ts";
import { decryptKeyFile, encryptKeyFile, isEncryptedKeyFile } from "./key-file.ts";
import type { Signer } from "./signer.ts";

/** A new key, ready to be written to two files. */
export interface KeyPair {
  /** Encrypted; cosign reads it too. Belongs in a file only its owner can read. */
  readonly privatePem: string;
  /** SPKI. */
  readonly publicPem: string;
  readonly fingerprint: Fingerprint;
}

const generators: Readonly<Record<KeyAlgorithm, () => KeyPairKeyObjectResult>> = {
  "ecdsa-p256": () => generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
  "ecdsa-p384": () => generateKeyPairSync("ec", { namedCurve: "secp384r1" }),
  ed25519: () => generateKeyPairSync("ed25519"),
  "rsa-3072": () => generateKeyPairSync("rsa", { modulusLength: 3072 }),
  "rsa-4096": () => generateKeyPairSync("rsa", { modulusLength: 4096 }),
};

/**
 * Makes a key; ECDSA P-256 unless told otherwise, the one type that every verifier of the field accepts.
 *
 * Blocks for about 140 ms, which is what makes guessing the password expensive, and for RSA up to some seconds more.
 */
export function generateKeyPair(password: string, algorithm: KeyAlgorithm = "ecdsa-p256"): KeyPair {
  const { privateKey, publicKey } = generators[algorithm]();
  const { pem, identity } = describePublicKey(publicKey);
  const privatePem = encryptKeyFile(privateKey.export({ type: "pkcs8", format: "der" }), password);
  return { privatePem, publicPem: pem, fingerprint: identity.fingerprint };
}

/**
 * Opens a private key: sigstore's and cosign's encrypted PEM, or a plain PKCS#8, SEC1 or PKCS#1 PEM.
 *
 * @param password - asked only when the key is encrypted.
 * @throws {@link SigningError} `KEY_INVALID`; `PASSWORD_WRONG`, also when a password is needed and none is given.
 */
export async function loadSigner(privatePem: string, password?: () => string | Promise<string>): Promise<Signer> {
  checkKeyLength(privatePem);
  if (!isEncryptedKeyFile(privatePem)) return new KeySigner(readPrivateKey(privatePem));
  if (!password) throw new SigningError("PASSWORD_WRONG", "the private key is encrypted, expected a password");
  const pkcs8 = await decryptKeyFile(privatePem, await password());
  return new KeySigner(readPrivateKey(pkcs8));
}

/** Signs with a private key held in this process. */
class KeySigner implements Signer {
  readonly publicKey: PublicKey;
  readonly #key: KeyObject;
  readonly #hash: string | null;

  constructor(key: KeyObject) {
    this.#hash = signatureHashes(key)[0] ?? null;
    this.#key = key;
    this.publicKey = describePublicKey(createPublicKey(key));
  }

  async sign(payload: Uint8Array): Promise<Uint8Array> {
    return signAsync(this.#hash, payload, { key: this.#key, dsaEncoding: "der" });
  }
}

/** The form with a callback computes off the main thread. */
const signAsync = promisify(sign);

function readPrivateKey(key: string | Uint8Array): KeyObject {
  try {
    if (typeof key === "string") return createPrivateKey({ key, format: "pem" });
    return createPrivateKey({ key: Buffer.from(key), format: "der", type: "pkcs8" });
  } catch (cause) {
    throw new SigningError(
      "KEY_INVALID",
      "not a private key, expected PEM: an encrypted sigstore key, PKCS#8, SEC1 or PKCS#1 without a password",
      { cause },
    );
  }
}
