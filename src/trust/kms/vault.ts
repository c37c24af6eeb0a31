import { createHash, createPublicKey } from "node:crypto";
import { z } from "zod";
import type { CallOptions } from "../../oci/content.ts";
import { Base64Bytes, encodeBase64 } from "../base64.ts";
import { printable } from "../document.ts";
import { SigningError } from "../errors.ts";
import type { PublicKey } from "../identity.ts";
import { describePublicKey, parsePublicKey } from "../key.ts";
import { askService, type Fetch, parseReply, unavailable } from "../keyless/service.ts";
import type { Signer } from "../signer.ts";
import { KmsSigner } from "./kms-signer.ts";
import type { KmsReference } from "./reference.ts";

/** Schemes of Vault and of its free successor, whose API is the same. */
export const vaultSchemes: readonly string[] = ["hashivault", "openbao"];

/** Names that can stand in a path and climb nowhere; cosign accepts the same. */
const namePattern = /^\w(?:[\w.-]{0,254}\w)?$/;

const KeyAnswer = z.looseObject({
  data: z.looseObject({
    latest_version: z.int().positive(),
    keys: z.record(z.string(), z.looseObject({ public_key: z.string(), name: z.string().optional() })),
  }),
});

const SignAnswer = z.looseObject({ data: z.looseObject({ signature: z.string().max(16 * 1024) }) });

export interface VaultOptions extends CallOptions {
  /** Such as `https://vault.example.com:8200`. */
  readonly address: string;
  readonly token: string;
  /** Path of the transit engine; default: `transit`. */
  readonly engine?: string | undefined;
  /** Of the enterprise edition. */
  readonly namespace?: string | undefined;
  readonly fetch: Fetch;
}

/**
 * Opens a key in the transit engine of HashiCorp Vault or OpenBao: `hashivault://<key>`.
 *
 * Signatures are made with the version of the key that was the newest when it was opened, so that a rotation in between
 * cannot give one that the public key does not verify.
 *
 * @throws {@link SigningError} `SERVICE_UNAVAILABLE`, `SERVICE_REFUSED`; `KEY_INVALID` for a key that is not for
 * signing.
 * @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit}
 */
export async function openVaultSigner({ resource }: KmsReference, options: VaultOptions): Promise<Signer> {
  const { engine = "transit", namespace } = options;
  for (const [what, names] of [
    ["key", [resource]],
    ["engine", engine.split("/")],
    ["namespace", namespace?.split("/") ?? []],
  ] as const) {
    if (names.every((name) => namePattern.test(name))) continue;
    throw new SigningError("KEY_INVALID", `${printable(names.join("/"))} is not the name of a ${what} of Vault`);
  }
  const vault = new Vault(resource, options);
  const publicKey = await vault.open();
  return new KmsSigner(publicKey, vault);
}

class Vault {
  readonly name: string;
  readonly #key: string;
  readonly #options: VaultOptions;
  readonly #base: string;
  #version = 0;
  #hashesItself = false;

  constructor(key: string, options: VaultOptions) {
    const { address, engine = "transit", namespace } = options;
    this.name = `Vault at ${printable(address)}`;
    this.#key = key;
    this.#options = options;
    // A namespace may stand in the path, which saves a header.
    this.#base = [address.replace(/\/+$/, ""), "v1", ...(namespace ? [namespace] : []), engine].join("/");
  }

  async open(): Promise<PublicKey> {
    const { data } = parseReply("Vault", await this.#ask(`keys/${this.#key}`), KeyAnswer);
    const entry = Object.hasOwn(data.keys, data.latest_version) ? data.keys[data.latest_version] : undefined;
    if (!entry) throw unavailable("Vault", `it has no version ${data.latest_version} of key ${this.#key}`);
    this.#version = data.latest_version;
    const publicKey = readPublicKey(entry.public_key);
    this.#hashesItself = publicKey.key.asymmetricKeyType === "ed25519";
    return publicKey;
  }

  async sign(payload: Uint8Array): Promise<Uint8Array> {
    const input = this.#hashesItself ? payload : createHash("sha256").update(payload).digest();
    const body = {
      input: encodeBase64(input),
      prehashed: !this.#hashesItself,
      key_version: this.#version,
      marshaling_algorithm: "asn1",
      signature_algorithm: "pkcs1v15",
    };
    const path = `sign/${this.#key}${this.#hashesItself ? "" : "/sha2-256"}`;
    const { data } = parseReply("Vault", await this.#ask(path, JSON.stringify(body)), SignAnswer);
    const signature = Base64Bytes.safeParse(data.signature.split(":").at(-1));
    if (signature.success && data.signature.startsWith(`vault:v${this.#version}:`)) return signature.data;
    throw unavailable("Vault", `its signature is not one of version ${this.#version} of the key`);
  }

  async #ask(path: string, body?: string): Promise<Uint8Array> {
    const { fetch, token, signal } = this.#options;
    const reply = await askService(fetch, {
      service: "Vault",
      url: `${this.#base}/${path}`,
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...(body === undefined ? { method: "GET" } : { method: "POST", body, contentType: "application/json" }),
      isAnswer: () => false,
      ...(signal ? { signal } : {}),
    });
    return reply.body;
  }
}

/** PEM, but for Ed25519, which comes as the 32 bytes of its point. */
function readPublicKey(text: string): PublicKey {
  const point = Base64Bytes.safeParse(text);
  if (!point.success || point.data.byteLength !== 32) return parsePublicKey(text);
  const x = Buffer.from(point.data).toString("base64url");
  return describePublicKey(createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }));
}
