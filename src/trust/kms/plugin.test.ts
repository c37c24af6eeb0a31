import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rejectsWith } from "../../../test/support/expect.ts";
import { installPlugin } from "../../../test/support/kms/plugin.ts";
import { scratchDirectory } from "../../../test/support/scratch.ts";
import { type KeyKind, keyKinds } from "../../../test/support/trust.ts";
import { describePublicKey, verifySignature } from "../key.ts";
import { openPluginSigner, type PluginOptions } from "./plugin.ts";
import { parseKmsReference } from "./reference.ts";

const clock = () => new Date("2026-01-02T03:04:05Z");
const reference = { scheme: "mregtest", resource: "release.pem" };
const payload = Buffer.from("what is signed");

/** A plugin with one key in its KMS, or a script that pretends to be one. */
async function world(kind: KeyKind = "P-256", script?: string) {
  const directory = await scratchDirectory();
  const env = installPlugin(directory, script);
  const { privateKey, publicKey } = keyKinds[kind]();
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  writeFileSync(join(directory, "keys", "release.pem"), pem);
  const open = (options: Partial<PluginOptions> = {}) => openPluginSigner(reference, { env, clock, ...options });
  return { directory, env, publicKey: describePublicKey(publicKey), open };
}

describe("openPluginSigner", () => {
  it.each<KeyKind>(["P-256", "P-384", "Ed25519", "RSA 2048"])("%s: signs with a key it never sees", async (kind) => {
    const { open, publicKey } = await world(kind);
    const signer = await open();
    expect(signer.publicKey.identity).toEqual(publicKey.identity);
    expect(await verifySignature(publicKey, payload, await signer.sign(payload))).toBe(true);
  });

  it("gives the plugin what the protocol says: version, key, hash, deadline, and nothing of a shell", async () => {
    const { directory, env } = await world("P-256", `printf '%s\n' "$@" > "$MREGTEST_KEYS/../args"; echo '{}'`);
    const opening = openPluginSigner({ scheme: "mregtest", resource: "a;b$(c)/d" }, { env, clock });
    await rejectsWith(opening, "SERVICE_UNAVAILABLE");
    const [version, args = ""] = readFileSync(join(directory, "args"), "utf8").split("\n");
    expect(version).toBe("v1");
    expect(JSON.parse(args)).toEqual({
      initOptions: {
        ctxDeadline: "2026-01-02T03:06:05.000Z",
        protocolVersion: "v1",
        keyResourceID: "a;b$(c)/d",
        hashFunc: 5,
        rpcOptions: {},
      },
      methodName: "publicKey",
      publicKey: { publicKeyOptions: { rpcOptions: {} } },
    });
  });

  it.each<[string, string, string, RegExp]>([
    [
      "refuses",
      `echo '{"errorMessage":"key is \\u001b[31mlocked"}'; exit 1`,
      "SERVICE_REFUSED",
      /refuses: key is \[31mlocked/,
    ],
    ["prints no JSON", "echo trace; echo '{}'", "SERVICE_UNAVAILABLE", /did not answer as a plugin does/],
    ["prints one key twice", `echo '{"publicKey":null,"publicKey":null}'`, "SERVICE_UNAVAILABLE", /did not answer/],
    ["prints nothing", "exit 3", "SERVICE_UNAVAILABLE", /did not answer/],
    ["prints without end", "yes", "SERVICE_UNAVAILABLE", /more than 1048576 bytes/],
    [
      "answers with something else",
      `echo '{"signMessage":{"signature":"AAAA"}}'`,
      "SERVICE_UNAVAILABLE",
      /without a public key/,
    ],
    ["has a key of another kind", `echo '{"publicKey":{"publicKeyPEM":"AAAA"}}'`, "KEY_INVALID", /not a public key/],
  ])("a plugin that %s", async (_, script, code, reason) => {
    const { open } = await world("P-256", script);
    expect((await rejectsWith(open(), code)).message).toMatch(reason);
  });

  it("kills a plugin that takes too long, and what it leaves behind holds nobody up", async () => {
    const { open } = await world("P-256", "sleep 60 & sleep 60");
    expect((await rejectsWith(open({ timeoutMs: 100 }), "SERVICE_UNAVAILABLE")).message).toContain("within 100 ms");
  });

  it("says which program it looked for", async () => {
    const { env } = await world();
    const missing = openPluginSigner({ scheme: "nosuch", resource: "k" }, { env, clock });
    expect((await rejectsWith(missing, "SERVICE_UNAVAILABLE")).message).toContain(
      "sigstore-kms-nosuch cannot be started",
    );
  });

  it("stops when the caller gives up", async () => {
    const { open } = await world("P-256", "sleep 60");
    const controller = new AbortController();
    const opening = open({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
  });

  it("does not hand out a signature of another key", async () => {
    const { directory, open } = await world();
    const signer = await open();
    const other = keyKinds["P-256"]().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    writeFileSync(join(directory, "keys", "release.pem"), other);
    expect((await rejectsWith(signer.sign(payload), "SERVICE_REFUSED")).message).toContain("did not make");
  });
});

describe("parseKmsReference", () => {
  it.each([
    ["hashivault://release", { scheme: "hashivault", resource: "release" }],
    ["awskms:///arn:aws:kms:eu-1:1:key/2", { scheme: "awskms", resource: "/arn:aws:kms:eu-1:1:key/2" }],
    ["alice.key", undefined],
    ["env://KEY", undefined],
  ])("%s", (text, expected) => {
    expect(parseKmsReference(text)).toEqual(expected);
  });

  it.each([
    "../x://k",
    "A://k",
    "-x://k",
    "a b://k",
    "x://",
    "x://a\nb",
    "https://keys.example.com/a.pub",
    "file:///k",
  ])("refuses %s", (text) => {
    expect(() => parseKmsReference(text)).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
  });
});
