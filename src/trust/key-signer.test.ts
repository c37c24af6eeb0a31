import { verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../test/support/expect.ts";
import { type KeyKind, keyKinds, newSigner } from "../../test/support/trust.ts";
import { describePublicKey, parsePublicKey, verifySignature } from "./key.ts";
import type { KeyAlgorithm } from "./key-algorithm.ts";
import { encryptKeyFile } from "./key-file.ts";
import { generateKeyPair, loadSigner } from "./key-signer.ts";

const payload = Buffer.from("payload");
const neverAsked = () => expect.fail("no password is needed");

describe("generateKeyPair", () => {
  it("makes a P-256 key that loads with its password and signs for its public half", async () => {
    const pair = generateKeyPair("pw");
    const signer = await loadSigner(pair.privatePem, async () => "pw");
    const trusted = parsePublicKey(pair.publicPem);
    expect(trusted.key.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(trusted.identity.fingerprint).toBe(pair.fingerprint);
    expect(signer.publicKey.identity).toEqual(trusted.identity);
    expect(await verifySignature(trusted, payload, await signer.sign(payload))).toBe(true);
  });

  it.each<[KeyAlgorithm, string, object]>([
    ["ecdsa-p384", "ec", { namedCurve: "secp384r1" }],
    ["ed25519", "ed25519", {}],
    ["rsa-3072", "rsa", { modulusLength: 3072 }],
  ])("makes a key for %s, in the same two files", async (algorithm, type, details) => {
    const pair = generateKeyPair("pw", algorithm);
    const trusted = parsePublicKey(pair.publicPem);
    expect(trusted.key.asymmetricKeyType).toBe(type);
    expect(trusted.key.asymmetricKeyDetails).toMatchObject(details);
    const signer = await loadSigner(pair.privatePem, () => "pw");
    expect(await verifySignature(trusted, payload, await signer.sign(payload))).toBe(true);
  });
});

describe("loadSigner", () => {
  it.each(Object.keys(keyKinds) as KeyKind[])("%s: signs what its public key verifies", async (kind) => {
    const signer = await newSigner(kind);
    expect(await verifySignature(signer.publicKey, payload, await signer.sign(payload))).toBe(true);
  });

  it.each<[KeyKind, string]>([
    ["P-256", "sha256"],
    ["P-384", "sha384"],
    ["P-521", "sha512"],
    ["RSA 2048", "sha256"],
  ])("%s: signs with %s, the hash cosign expects of it", async (kind, hash) => {
    const signer = await newSigner(kind);
    expect(verify(hash, payload, signer.publicKey.key, await signer.sign(payload))).toBe(true);
  });

  const ec = keyKinds["P-256"]();
  const rsa = keyKinds["RSA 2048"]();
  const sec1 = ec.privateKey.export({ type: "sec1", format: "pem" }).toString();
  it.each([
    ["PKCS#8", ec, ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
    ["SEC1", ec, sec1],
    [
      "SEC1 after its parameters, as openssl writes it",
      ec,
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`,
    ],
    ["PKCS#1", rsa, rsa.privateKey.export({ type: "pkcs1", format: "pem" }).toString()],
  ])("reads %s without asking for a password", async (_, { publicKey }, pem) => {
    const signer = await loadSigner(pem, neverAsked);
    expect(signer.publicKey.identity).toEqual(describePublicKey(publicKey).identity);
  });

  const encrypted = encryptKeyFile(ec.privateKey.export({ type: "pkcs8", format: "der" }), "right");
  it.each<[string, string, (() => string) | undefined, string]>([
    ["a wrong password", encrypted, () => "wrong", "PASSWORD_WRONG"],
    ["an encrypted key and no password", encrypted, undefined, "PASSWORD_WRONG"],
    ["an encrypted file that holds no key", encryptKeyFile(Buffer.from("no key"), ""), () => "", "KEY_INVALID"],
    ["a public key", describePublicKey(ec.publicKey).pem, undefined, "KEY_INVALID"],
    ["text", "hello", undefined, "KEY_INVALID"],
    ["a file that is no key by its length", encrypted + " ".repeat(64 * 1024), () => "right", "KEY_INVALID"],
    ["PKCS#8 with a password of its own", encryptedPkcs8(), () => "pw", "KEY_INVALID"],
  ])("refuses %s", async (_, pem, password, code) => {
    await rejectsWith(loadSigner(pem, password), code);
  });

  function encryptedPkcs8(): string {
    const options = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "pw" } as const;
    return ec.privateKey.export(options).toString();
  }

  it("passes on what the password prompt throws", async () => {
    const interrupted = new Error("interrupted");
    await expect(loadSigner(encrypted, () => Promise.reject(interrupted))).rejects.toBe(interrupted);
  });
});
