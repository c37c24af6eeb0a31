import { randomBytes, scrypt, scryptSync } from "node:crypto";
import { promisify } from "node:util";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { z } from "zod";
import { parseStrictJson } from "../base/json.ts";
import { schemaProblems } from "../base/schema-problems.ts";
import { Base64Bytes, encodeBase64 } from "./base64.ts";
import { SigningError } from "./errors.ts";

/**
 * The encrypted private key file of cosign: a PEM block whose body is JSON, with scrypt for the password and NaCl's
 * secretbox around PKCS#8 DER. The formats are go-securesystemslib's `encrypted` package, v0.9 and later.
 */

const writtenLabel = "ENCRYPTED SIGSTORE PRIVATE KEY";

/** The second label is the one of cosign before 2.0. */
const encryptedPemPattern =
  /-----BEGIN (ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY)-----([A-Za-z0-9+/=\s]+)-----END \1-----/;

/** What generate-key-pair of cosign uses; about 140 ms and 64 MiB. */
const writtenCost = 2 ** 16;

/**
 * The costs go-securesystemslib accepts, all with r = 8 and p = 1. Nothing else is: a planted key file with its own
 * parameters would hold up the process, or empty its memory, before any password is checked.
 */
const acceptedCosts: readonly number[] = [2 ** 15, writtenCost, 2 ** 17];

const saltBytes = 32;
const nonceBytes = 24;
const boxKeyBytes = 32;

const sized = (length: number) =>
  Base64Bytes.refine((bytes) => bytes.byteLength === length, `expected ${length} bytes in base64`);

const KeyFile = z.object({
  kdf: z.object({
    name: z.literal("scrypt"),
    params: z.object({
      N: z.literal(acceptedCosts, "expected a scrypt cost of 32768, 65536 or 131072"),
      r: z.literal(8),
      p: z.literal(1),
    }),
    salt: sized(saltBytes),
  }),
  cipher: z.object({ name: z.literal("nacl/secretbox"), nonce: sized(nonceBytes) }),
  ciphertext: Base64Bytes,
});

/** Tells whether a file holds an encrypted private key of sigstore's kind. */
export function isEncryptedKeyFile(pem: string): boolean {
  return encryptedPemPattern.test(pem);
}

/**
 * Encrypts a private key into the file that cosign and mreg read.
 *
 * @param pkcs8 - PKCS#8 DER.
 * @returns PEM with lines of 64 characters.
 */
export function encryptKeyFile(pkcs8: Uint8Array, password: string): string {
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const boxKey = scryptSync(password, salt, boxKeyBytes, scryptOptions(writtenCost));
  const json = JSON.stringify({
    kdf: { name: "scrypt", params: { N: writtenCost, r: 8, p: 1 }, salt: encodeBase64(salt) },
    cipher: { name: "nacl/secretbox", nonce: encodeBase64(nonce) },
    ciphertext: encodeBase64(xsalsa20poly1305(boxKey, nonce).encrypt(pkcs8)),
  });
  const body = Buffer.from(json)
    .toString("base64")
    .replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${writtenLabel}-----\n${body}\n-----END ${writtenLabel}-----\n`;
}

/**
 * Opens an encrypted private key file.
 *
 * @returns PKCS#8 DER.
 * @throws {@link SigningError} `KEY_INVALID` for a damaged or foreign file; `PASSWORD_WRONG`.
 */
export async function decryptKeyFile(pem: string, password: string): Promise<Uint8Array> {
  const { kdf, cipher, ciphertext } = parseKeyFile(pem);
  const boxKey = await deriveKey(password, kdf.salt, boxKeyBytes, scryptOptions(kdf.params.N));
  try {
    return xsalsa20poly1305(boxKey, cipher.nonce).decrypt(ciphertext);
  } catch (cause) {
    // secretbox authenticates: damage to the ciphertext looks the same as another password.
    throw new SigningError("PASSWORD_WRONG", "the password does not open the private key", { cause });
  }
}

const deriveKey = promisify<string, Uint8Array, number, object, Buffer>(scrypt);

/** Node's own memory limit of 32 MiB refuses all accepted costs; scrypt needs 128·N·r bytes and a little more. */
function scryptOptions(cost: number) {
  return { N: cost, r: 8, p: 1, maxmem: 256 * cost * 8 };
}

function parseKeyFile(pem: string): z.infer<typeof KeyFile> {
  const body = encryptedPemPattern.exec(pem)?.[2] ?? "";
  let json: unknown;
  try {
    json = parseStrictJson(Buffer.from(body, "base64"));
  } catch (cause) {
    throw new SigningError("KEY_INVALID", "the encrypted private key is damaged: its body is not JSON", { cause });
  }
  const parsed = KeyFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const reason = schemaProblems(parsed.error);
  throw new SigningError("KEY_INVALID", `the encrypted private key is not of a supported form: ${reason}`);
}
