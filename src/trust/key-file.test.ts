import { randomBytes, scryptSync } from "node:crypto";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../test/support/expect.ts";
import { decryptKeyFile, encryptKeyFile, isEncryptedKeyFile } from "./key-file.ts";

const pkcs8 = Buffer.from("any bytes do here");

interface KeyJson {
  kdf: { name: string; params: { N: number; r: number; p: number }; salt: string };
  cipher: { name: string; nonce: string };
  ciphertext: string;
}

function edited(pem: string, edit: (json: KeyJson) => void): string {
  const json = JSON.parse(Buffer.from(pem.replaceAll(/-----.*-----/g, ""), "base64").toString()) as KeyJson;
  edit(json);
  return wrapped(JSON.stringify(json));
}

const wrapped = (body: string) =>
  `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${Buffer.from(body).toString("base64")}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`;

describe("key file", () => {
  const pem = encryptKeyFile(pkcs8, "pässword");

  it("opens with the password it was closed with", async () => {
    expect(Buffer.from(await decryptKeyFile(pem, "pässword"))).toEqual(pkcs8);
  });

  it("has the lines and the label of cosign's", () => {
    const lines = pem.trimEnd().split("\n");
    expect(lines[0]).toBe("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----");
    expect(Math.max(...lines.slice(1, -1).map((line) => line.length))).toBe(64);
    expect(isEncryptedKeyFile(pem)).toBe(true);
  });

  it("never has the same salt or nonce twice", () => {
    const seen = new Set<string>();
    for (const one of [pem, encryptKeyFile(pkcs8, "pässword")]) {
      edited(one, ({ kdf, cipher }) => seen.add(kdf.salt).add(cipher.nonce));
    }
    expect(seen.size).toBe(4);
  });

  it("opens files under the label of cosign before 2.0", async () => {
    expect(Buffer.from(await decryptKeyFile(pem.replaceAll("SIGSTORE", "COSIGN"), "pässword"))).toEqual(pkcs8);
  });

  it.each([2 ** 15, 2 ** 17])("opens files with the other accepted cost, %i", async (N) => {
    const salt = randomBytes(32);
    const nonce = randomBytes(24);
    const box = xsalsa20poly1305(scryptSync("", salt, 32, { N, r: 8, p: 1, maxmem: 2 ** 29 }), nonce);
    const file = edited(pem, (json) => {
      json.kdf = { name: "scrypt", params: { N, r: 8, p: 1 }, salt: salt.toString("base64") };
      json.cipher.nonce = nonce.toString("base64");
      json.ciphertext = Buffer.from(box.encrypt(pkcs8)).toString("base64");
    });
    expect(Buffer.from(await decryptKeyFile(file, ""))).toEqual(pkcs8);
  });

  it.each<[string, (json: KeyJson) => void]>([
    ["another password", () => {}],
    ["a flipped bit in the ciphertext", (json) => (json.ciphertext = flip(json.ciphertext))],
    ["a flipped bit in the nonce", (json) => (json.cipher.nonce = flip(json.cipher.nonce))],
    ["a ciphertext without room for its tag", (json) => (json.ciphertext = "AAAA")],
  ])("PASSWORD_WRONG: %s", async (_, edit) => {
    await rejectsWith(decryptKeyFile(edited(pem, edit), "password"), "PASSWORD_WRONG");
  });

  it.each<[string, (json: KeyJson) => void]>([
    ["a cost that would hold up the process", ({ kdf }) => (kdf.params.N = 2 ** 24)],
    ["a cost too low to protect", ({ kdf }) => (kdf.params.N = 2)],
    ["another block size", ({ kdf }) => (kdf.params.r = 1024)],
    ["another parallelism", ({ kdf }) => (kdf.params.p = 64)],
    ["another key derivation", ({ kdf }) => (kdf.name = "pbkdf2")],
    ["another cipher", ({ cipher }) => (cipher.name = "aes-256-gcm")],
    ["a short nonce", ({ cipher }) => (cipher.nonce = "AAAA")],
    ["a short salt", ({ kdf }) => (kdf.salt = "AAAA")],
    ["base64 with foreign characters", (json) => (json.ciphertext = `${json.ciphertext}!`)],
  ])("KEY_INVALID: %s", async (_, edit) => {
    await rejectsWith(decryptKeyFile(edited(pem, edit), "pässword"), "KEY_INVALID");
  });

  it("KEY_INVALID: a body that is not JSON", async () => {
    await rejectsWith(decryptKeyFile(wrapped("{"), ""), "KEY_INVALID");
    await rejectsWith(decryptKeyFile("no PEM at all", ""), "KEY_INVALID");
  });
});

function flip(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  bytes[5] = (bytes[5] ?? 0) ^ 1;
  return bytes.toString("base64");
}
