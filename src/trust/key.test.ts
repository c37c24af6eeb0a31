import {
  constants,
  createHash,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  type SigningOptions,
  sign,
} from "node:crypto";
import { ed25519, ed25519ph } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { type KeyKind, keyKinds } from "../../test/support/trust.ts";
import { describePublicKey, parsePublicKey, verifySignature } from "./key.ts";

const pss = constants.RSA_PKCS1_PSS_PADDING;
const payload = Buffer.from("what was signed");
const spkiPem = (key: KeyObject) => key.export({ type: "spki", format: "pem" }).toString();

describe("parsePublicKey", () => {
  it.each(Object.keys(keyKinds) as KeyKind[])("%s: the fingerprint is the SHA-256 of the SPKI DER", (kind) => {
    const { publicKey } = keyKinds[kind]();
    const parsed = parsePublicKey(`\n${spkiPem(publicKey)}\n`);
    const spki = publicKey.export({ type: "spki", format: "der" });
    expect(parsed.identity).toEqual({
      kind: "key",
      fingerprint: `sha256:${createHash("sha256").update(spki).digest("hex")}`,
    });
    expect(parsed.pem).toBe(spkiPem(publicKey));
  });

  it("gives both encodings of one point the same fingerprint, so that nobody counts twice", () => {
    const { publicKey } = keyKinds["P-256"]();
    const spki = publicKey.export({ type: "spki", format: "der" });
    const [x, y] = [spki.subarray(-64, -32), spki.subarray(-32)];
    // SEQUENCE, the algorithm as it stands, BIT STRING of 34 bytes: no unused bits, sign of y, x.
    const algorithm = spki.subarray(2, spki.length - 68);
    const point = Buffer.concat([Buffer.from([0x03, 34, 0, 2 + ((y.at(-1) ?? 0) & 1)]), x]);
    const body = Buffer.concat([algorithm, point]);
    const compressed = createPublicKey({
      key: Buffer.concat([Buffer.from([0x30, body.length]), body]),
      format: "der",
      type: "spki",
    });
    expect(describePublicKey(compressed).identity).toEqual(describePublicKey(publicKey).identity);
  });

  it("reads over the explanations that tools write around a key", () => {
    const pem = spkiPem(keyKinds["P-384"]().publicKey);
    expect(parsePublicKey(`Public Key Information:\n\tCurve: SECP384R1\n${pem}\nend`).pem).toBe(pem);
  });

  const { privateKey, publicKey } = keyKinds["P-256"]();
  const rsa = keyKinds["RSA 2048"]();
  it.each([
    [
      "an EC key on another curve",
      spkiPem(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey),
      /secp256k1/,
    ],
    ["an RSA key of 1024 bits", spkiPem(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey), /1024 bits/],
    ["an RSA key of 8200 bits", spkiPem(rsaOf(1025)), /8200 bits/],
    ["an RSA-PSS key", spkiPem(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey), /rsa-pss/],
    ["a key for key agreement", spkiPem(generateKeyPairSync("x25519").publicKey), /x25519/],
    ["Ed448", spkiPem(generateKeyPairSync("ed448").publicKey), /ed448/],
    ["a private key", privateKey.export({ type: "pkcs8", format: "pem" }).toString(), /PUBLIC KEY/],
    ["PKCS#1", rsa.publicKey.export({ type: "pkcs1", format: "pem" }).toString(), /PUBLIC KEY/],
    ["two keys", spkiPem(publicKey) + spkiPem(publicKey), /PUBLIC KEY/],
    ["a damaged key", spkiPem(publicKey).replace("MF", "MG"), /no readable key/],
    ["nothing", "", /PUBLIC KEY/],
    ["a file that is no key by its length", spkiPem(publicKey) + " ".repeat(64 * 1024), /expected at most 65536/],
  ])("refuses %s", (_, pem, reason) => {
    expect(() => parsePublicKey(pem)).toThrow(
      expect.objectContaining({ name: "SigningError", code: "KEY_INVALID", message: expect.stringMatching(reason) }),
    );
  });
});

describe("verifySignature", () => {
  /** Which hashes pass on which key; ECDSA with SHA-256 is what sigstore-js writes on every curve. */
  it.each<[KeyKind, string | null, boolean]>([
    ["P-256", "sha256", true],
    ["P-256", "sha384", false],
    ["P-384", "sha384", true],
    ["P-384", "sha256", true],
    ["P-384", "sha512", false],
    ["P-521", "sha512", true],
    ["P-521", "sha256", true],
    ["RSA 2048", "sha256", true],
    ["RSA 2048", "sha1", false],
    ["Ed25519", null, true],
  ])("%s with %s: %s", async (kind, hash, verdict) => {
    const { privateKey, publicKey } = keyKinds[kind]();
    const key = describePublicKey(publicKey);
    const signature = sign(hash, payload, privateKey);
    expect(await verifySignature(key, payload, signature)).toBe(verdict);
    expect(await verifySignature(key, Buffer.from("what was not"), signature)).toBe(false);
  });

  /** Cosign's padding, and that of keys in some KMS; a salt of another length has no verifier in the field. */
  it.each<[string, SigningOptions, boolean]>([
    ["PSS with a salt as long as the hash", { padding: pss, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, true],
    ["PSS with the longest salt", { padding: pss, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN }, false],
    ["PSS without a salt", { padding: pss, saltLength: 0 }, false],
  ])("RSA with %s: %s", async (_, how, verdict) => {
    const { privateKey, publicKey } = keyKinds["RSA 2048"]();
    const signature = sign("sha256", payload, { key: privateKey, ...how });
    expect(await verifySignature(describePublicKey(publicKey), payload, signature)).toBe(verdict);
  });

  it("Ed25519ph: verifies what cosign makes with an Ed25519 key, and nothing near it", async () => {
    const secret = ed25519.utils.randomSecretKey();
    const point = Buffer.from(ed25519.getPublicKey(secret)).toString("base64url");
    const key = describePublicKey(createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: point }, format: "jwk" }));
    const signature = ed25519ph.sign(payload, secret);
    expect(await verifySignature(key, payload, signature)).toBe(true);
    expect(await verifySignature(key, Buffer.from("what was not"), signature)).toBe(false);
    expect(await verifySignature(key, payload, ed25519ph.sign(payload, secret, { context: Buffer.of(1) }))).toBe(false);
    const other = describePublicKey(keyKinds.Ed25519().publicKey);
    expect(await verifySignature(other, payload, signature)).toBe(false);
  });

  it("refuses ECDSA signatures that are not ASN.1 DER", async () => {
    const { privateKey, publicKey } = keyKinds["P-256"]();
    const raw = createSign("sha256").update(payload).sign({ key: privateKey, dsaEncoding: "ieee-p1363" });
    expect(await verifySignature(describePublicKey(publicKey), payload, raw)).toBe(false);
  });

  it.each(Object.keys(keyKinds) as KeyKind[])("%s: garbage is false, not an exception", async (kind) => {
    const key = describePublicKey(keyKinds[kind]().publicKey);
    for (const signature of [[], [0], [0x30, 0x06, 2, 1, 0, 2, 1, 0], new Array<number>(5000).fill(255)]) {
      expect(await verifySignature(key, payload, Uint8Array.from(signature))).toBe(false);
    }
  });
});

/** An RSA public key with a modulus of so many bytes; nobody has its private half. */
function rsaOf(bytes: number): KeyObject {
  const n = Buffer.alloc(bytes, 0xff).toString("base64url");
  return createPublicKey({ key: { kty: "RSA", n, e: "AQAB" }, format: "jwk" });
}
