import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { type FakeVault, startVault, vaultToken } from "../../../test/support/kms/vault.ts";
import { type KeyKind, keyKinds } from "../../../test/support/trust.ts";
import { describePublicKey, verifySignature } from "../key.ts";
import { openVaultSigner, type VaultOptions } from "./vault.ts";

const payload = Buffer.from("what is signed");
let vault: FakeVault;
beforeEach(async () => {
  vault = await startVault();
});
afterEach(() => vault.close());

const open = (options: Partial<VaultOptions> = {}, resource = "release") =>
  openVaultSigner(
    { scheme: "hashivault", resource },
    { address: vault.address, token: vaultToken, fetch: globalThis.fetch, ...options },
  );

function addKey(kind: KeyKind = "P-256") {
  const { privateKey, publicKey } = keyKinds[kind]();
  vault.keys.set("release", [...(vault.keys.get("release") ?? []), privateKey]);
  return describePublicKey(publicKey);
}

describe("openVaultSigner", () => {
  it.each<KeyKind>(["P-256", "Ed25519", "RSA 2048"])("%s: signs with a key it never sees", async (kind) => {
    const publicKey = addKey(kind);
    const signer = await open();
    expect(signer.publicKey.identity).toEqual(publicKey.identity);
    expect(await verifySignature(publicKey, payload, await signer.sign(payload))).toBe(true);
    expect(vault.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v1/transit/keys/release",
      `POST /v1/transit/sign/release${kind === "Ed25519" ? "" : "/sha2-256"}`,
    ]);
  });

  it("uses the newest version, and that one still when the key is rotated meanwhile", async () => {
    addKey();
    const second = addKey();
    const signer = await open();
    addKey();
    expect(await verifySignature(second, payload, await signer.sign(payload))).toBe(true);
  });

  it("takes an engine of another name, and a namespace, as part of the path", async () => {
    addKey();
    await rejectsWith(open({ engine: "team/signing", namespace: "eu" }), "SERVICE_REFUSED");
    expect(vault.requests[0]?.path).toBe("/v1/eu/team/signing/keys/release");
  });

  it.each<[string, Partial<VaultOptions>, string, string]>([
    ["a wrong token", { token: "hvs.other" }, "release", "SERVICE_REFUSED"],
    ["a key that is not there", {}, "other", "SERVICE_REFUSED"],
    ["a path for a key", {}, "../../sys/seal", "KEY_INVALID"],
    ["a path that climbs", { engine: "../sys" }, "release", "KEY_INVALID"],
    ["plain HTTP to another machine", { address: "http://vault.example.com" }, "release", "SERVICE_REFUSED"],
  ])("refuses %s, and the token is in no message", async (_, options, key, code) => {
    addKey();
    const error = await rejectsWith(open(options, key), code);
    expect(error.message).not.toContain("hvs.");
  });

  it.each<[string, (path: string) => object]>([
    ["no keys", () => ({ data: { latest_version: 1, keys: {} } })],
    ["a version by the name of a property", () => ({ data: { latest_version: 1, keys: { ["__proto__"]: {} } } })],
    ["something else", () => ({ data: "x" })],
  ])("an answer with %s is no key", async (_, body) => {
    const fetch = async (url: string) => Response.json(body(url));
    await rejectsWith(open({ fetch }), "SERVICE_UNAVAILABLE");
  });

  it.each(["vault:v2:AAAA", "vault:v1:not base64", "AAAA"])("%s is no signature", async (signature) => {
    addKey();
    const signer = await open({
      fetch: async (url, init) => (init.method === "POST" ? Response.json({ data: { signature } }) : fetch(url, init)),
    });
    await rejectsWith(signer.sign(payload), "SERVICE_UNAVAILABLE");
  });
});
