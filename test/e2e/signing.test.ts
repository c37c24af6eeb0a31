import { generateKeyPairSync } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { installPlugin } from "../support/kms/plugin.ts";
import { type FakeVault, startVault, vaultToken } from "../support/kms/vault.ts";

/** Keys from everywhere, the layouts of others, and signatures over directories: what a user sees of them. */
let project: Workspace;
beforeAll(async () => {
  project = await projectAt("pushed");
});
afterAll(() => project.remove());

const mreg = async (line: string, options: Parameters<Workspace["mreg"]>[1] = {}) =>
  succeed(line, await project.mreg(line.split(" "), options)).stdout;
const json = async (line: string, options = {}) =>
  JSON.parse(await mreg(`${line} --format json`, options)) as Record<string, unknown>;
const refused = async (line: string, exitCode: number, text: string) => {
  const run = await project.mreg(line.split(" "));
  expect(run, run.stderr).toMatchObject({ exitCode, stderr: expect.stringContaining(text) });
};

describe("--key", () => {
  test("in an environment variable, and on stdin", async () => {
    const text = readFileSync(project.path("alice.key"), "utf8");
    const { signer } = await json("sign risk:v1 --key env://RELEASE_KEY", { env: { RELEASE_KEY: text } });
    expect((await json("sign risk:v1 --key -", { input: text }))["signer"]).toBe(signer);
    const pub = readFileSync(project.path("alice.pub"), "utf8");
    expect(await mreg("verify risk:v1 --key -", { input: pub })).toContain(`by ${String(signer)}`);
    await refused("sign risk:v1 --key env://NOT_SET", 2, "the environment has no NOT_SET");
    await refused("sign risk:v1 --key https://keys.example.com/a.key", 2, "is no key");
  });

  test("by a plugin: signs, prints the public key, verifies; and what the plugin says when it cannot", async () => {
    const { PATH, ...plugin } = installPlugin(project.path("kms"));
    const env = { ...plugin, PATH: `${project.path(".bin")}:${PATH}` };
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    writeFileSync(project.path("kms", "keys", "release"), privateKey.export({ type: "pkcs8", format: "pem" }));
    const { signer } = await json("sign risk:v1 --key mregtest://release", { env });
    expect(await json("key public mregtest://release", { env })).toMatchObject({ fingerprint: signer });
    await mreg("verify risk:v1 --key mregtest://release", { env });
    const missing = await project.mreg(["sign", "risk:v1", "--key", "mregtest://nosuch"], { env });
    expect(missing).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("sigstore-kms-mregtest refuses") });
    await refused("sign risk:v1 --key nosuch://k", 8, "sigstore-kms-nosuch cannot be started");
  });

  describe("in Vault", () => {
    let vault: FakeVault;
    beforeAll(async () => {
      vault = await startVault("team/signing");
      vault.keys.set("release", [generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey]);
    });
    afterAll(() => vault.close());

    test("signs and verifies, with the token from the environment or from the user's file", async () => {
      const env = { VAULT_ADDR: vault.address, TRANSIT_SECRET_ENGINE_PATH: "team/signing" };
      await mreg("sign risk:v1 --key hashivault://release", { env: { ...env, VAULT_TOKEN: vaultToken } });
      writeFileSync(project.path(".home", ".vault-token"), `${vaultToken}\n`);
      await mreg("verify risk:v1 --key hashivault://release", { env });
      rmSync(project.path(".home", ".vault-token"));
      const none = await project.mreg(["sign", "risk:v1", "--key", "hashivault://release"], { env });
      expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("no token for Vault") });
      await refused("sign risk:v1 --key hashivault://release", 2, "VAULT_ADDR is not set");
    });
  });
});

test("--legacy-signature adds a tag that is no version, and bundles still come first", async () => {
  await mreg("push older model");
  const signed = await json("sign older:v1 --key alice.key --legacy-signature --legacy-identity registry.test/older");
  expect(signed["legacySignature"]).toMatch(/^sha256:/);
  expect((await json("verify older:v1 --key alice.pub"))["verified"]).toMatchObject([{ bundle: signed["signature"] }]);
  expect(await mreg("list older")).not.toContain("sha256-");
});

// A story: the later tests look at the directory that the first one pulled.
describe("--oms", { shuffle: false }, () => {
  test("a directory verifies without the registry; files that differ are named", async () => {
    await mreg("sign risk:v1 --key alice.key --oms");
    const pulled = await json("pull risk:v1 --oms -o signed --verify-key alice.pub");
    expect(pulled["modelSignature"]).toBe(project.path("signed", "model.sig"));
    expect(await json("verify --oms signed --key alice.pub")).toMatchObject({ kind: "verify-oms" });
    const type = "https://model_signing/signature/v1.0";
    expect(await mreg(`verify risk:v1 --type ${type} --key alice.pub`)).toContain(type);
    await refused(`verify risk:v1 --type ${type} --key mike.pub`, 4, "IDENTITY_MISMATCH");
    await refused("pull risk:v1 --oms -o other --verify-key mike.pub", 4, "");
    writeFileSync(project.path("signed", "extra"), "x");
    await refused("verify --oms signed --key alice.pub", 4, "not signed: extra");
    await mreg("verify --oms signed --key alice.pub --ignore extra");
    // Run again, it finds everything in place.
    await mreg("pull risk:v1 --oms -o signed");
    writeFileSync(project.path("signed", "model.sig"), "mine");
    await refused("pull risk:v1 --oms -o signed", 7, "is there already");
    await mreg("pull risk:v1 --oms -o signed --overwrite");
  });

  test("asks for what it needs", async () => {
    await refused("pull risk:v1 --oms --include *.json -o part", 2, "--oms is for whole models");
    await refused("verify", 2, "expected one of <ref>");
    await refused("verify risk:v1 --oms signed", 2, "expected one of <ref>");
    await refused("verify --oms signed", 2, "nobody is trusted");
    await refused("verify --oms model --key alice.pub", 2, "model.sig");
  });
});
