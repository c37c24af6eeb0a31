import { constants, createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { SigningError } from "./errors.ts";
import type { Fingerprint, PublicKey } from "./identity.ts";
import { keyFileLimitBytes } from "./limits.ts";

/** Smallest RSA modulus accepted, in bits: below it NIST SP 800-131A and sigstore both refuse. */
const rsaMinimumBits = 2048;

/** Largest RSA modulus accepted, in bits: Go's verifiers refuse more, and every verification pays for it. */
const rsaMaximumBits = 8192;

/**
 * Hashes by curve, under OpenSSL's names. The first one signs.
 *
 * The others are read: sigstore-js signs with SHA-256 on every curve, where cosign matches the hash to the curve.
 */
const curveHashes: ReadonlyMap<string, readonly string[]> = new Map([
  ["prime256v1", ["sha256"]],
  ["secp384r1", ["sha384", "sha256"]],
  ["secp521r1", ["sha512", "sha256"]],
]);

/** The PEM block of a public key. Tools write explanations around it, which RFC 7468 §2 allows. */
const spkiPemPattern = /-----BEGIN PUBLIC KEY-----\s[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/;

/**
 * Counted, because a file with two blocks says nothing about which one is meant: a key, its private half, a
 * certificate.
 */
const pemHeaderPattern = /-----BEGIN /g;

/**
 * Reads a public key to trust: SPKI PEM holding ECDSA P-256, P-384 or P-521, RSA of 2048 to 8192 bits, or Ed25519.
 *
 * @throws {@link SigningError} `KEY_INVALID`.
 */
export function parsePublicKey(pem: string): PublicKey {
  checkKeyLength(pem);
  const [block] = spkiPemPattern.exec(pem) ?? [];
  if (block === undefined || pem.match(pemHeaderPattern)?.length !== 1) {
    throw new SigningError("KEY_INVALID", "not a public key, expected one PEM block of type PUBLIC KEY");
  }
  let key: KeyObject;
  try {
    key = createPublicKey(block);
  } catch (cause) {
    throw new SigningError("KEY_INVALID", "the PEM block PUBLIC KEY holds no readable key", { cause });
  }
  return describePublicKey(key);
}

/**
 * Refuses text too long to be a key, before anything searches it.
 *
 * @throws {@link SigningError} `KEY_INVALID`.
 */
export function checkKeyLength(pem: string): void {
  if (pem.length > keyFileLimitBytes) {
    throw new SigningError("KEY_INVALID", `key of ${pem.length} characters, expected at most ${keyFileLimitBytes}`);
  }
}

/**
 * Names a key by its fingerprint.
 *
 * @throws {@link SigningError} `KEY_INVALID` when verifiers would not agree on what its signatures look like.
 */
export function describePublicKey(given: KeyObject): PublicKey {
  // Also checks the key's type, which the round trip below could not take.
  signatureHashes(given);
  // One key has several SPKI encodings (compressed points). Through JWK all of them get one fingerprint, so that
  // nobody counts as two signers.
  const key = createPublicKey({ key: given.export({ format: "jwk" }), format: "jwk" });
  const spki = key.export({ type: "spki", format: "der" });
  const fingerprint: Fingerprint = `sha256:${createHash("sha256").update(spki).digest("hex")}`;
  return {
    identity: { kind: "key", fingerprint },
    key,
    pem: key.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** The `hint` of a key in a sigstore bundle: base64 of the SHA-256 of its SPKI DER, as cosign writes it. */
export function keyHint(fingerprint: Fingerprint): string {
  return Buffer.from(fingerprint.slice("sha256:".length), "hex").toString("base64");
}

/**
 * Checks a signature with a trusted key. The key alone decides the algorithms; nothing in the bundle has a say.
 *
 * @param signature - from outside; ASN.1 DER for ECDSA. Whatever OpenSSL dislikes about it is just a `false`.
 */
export async function verifySignature(
  { key }: PublicKey,
  payload: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (signatureHashes(key).some((hash) => verifyWith(key, { hash, payload, signature }))) return true;
  if (key.asymmetricKeyType !== "ed25519") return false;
  const { verifyPrehashed } = await import("./ed25519ph.ts");
  return verifyPrehashed(key, payload, signature);
}

interface SignedPayload {
  readonly hash: string | null;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** RSA keys verify both paddings: cosign signs with PKCS #1 v1.5, and keys in a cloud's KMS often with PSS. */
function verifyWith(key: KeyObject, { hash, payload, signature }: SignedPayload): boolean {
  const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = constants;
  const pss = { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST };
  const ways = key.asymmetricKeyType === "rsa" ? [{ padding: RSA_PKCS1_PADDING }, pss] : [{}];
  return ways.some((way) => {
    try {
      return verify(hash, payload, { key, dsaEncoding: "der", ...way }, signature);
    } catch {
      return false;
    }
  });
}

/**
 * The hashes that go with a key (public or private), the one to sign with first; null for Ed25519, which has its own.
 *
 * @throws {@link SigningError} `KEY_INVALID` for types, curves and sizes that are not accepted.
 */
export function signatureHashes(key: KeyObject): readonly (string | null)[] {
  const { namedCurve = "an unnamed curve", modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType;
  if (type === "ed25519") return [null];
  if (type === "ec") {
    const hashes = curveHashes.get(namedCurve);
    if (hashes) return hashes;
    throw new SigningError("KEY_INVALID", `EC key on ${namedCurve}, expected P-256, P-384 or P-521`);
  }
  if (type !== "rsa") throw new SigningError("KEY_INVALID", `key of type ${type}, expected EC, RSA or Ed25519`);
  if (modulusLength >= rsaMinimumBits && modulusLength <= rsaMaximumBits) return ["sha256"];
  throw new SigningError(
    "KEY_INVALID",
    `RSA key of ${modulusLength} bits, expected ${rsaMinimumBits} to ${rsaMaximumBits}`,
  );
}
