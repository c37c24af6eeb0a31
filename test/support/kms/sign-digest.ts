import { constants, type KeyObject, privateEncrypt } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";

/** DigestInfo of a SHA-256, as PKCS #1 has it in front of the hash. */
const sha256Info = Buffer.from("3031300d060960864801650304020105000420", "hex");

/**
 * Signs a SHA-256, as a KMS does for who has hashed already; Node hashes whatever it signs, so that it needs other
 * ways.
 */
export function signDigest(key: KeyObject, digest: Buffer): Buffer {
  if (key.asymmetricKeyType === "rsa") {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([sha256Info, digest]));
  }
  const { d = "" } = key.export({ format: "jwk" });
  return Buffer.from(p256.sign(digest, Buffer.from(d, "base64url"), { prehash: false, format: "der" }));
}
