import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type PublicKey, parsePublicKey } from "../../src/trust/index.ts";
import { type OmsPolicy, verifyOmsDirectory } from "../../src/trust/oms/index.ts";
import { rejectsWith } from "../support/expect.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { publicGoodRoot } from "../support/sigstore.ts";
import { newSigner } from "../support/trust.ts";

/** Directories signed by releases of model_signing, read in place. */
const folder = resolve(import.meta.dirname, "../../../shared/vectors/oms");
const present = existsSync(folder);
const read = (...path: string[]) => readFileSync(join(folder, ...path));
const authority = (name: string) => new X509Certificate(read("keys", `${name}.pem`));

const ibm = { issuer: "https://sigstore.verify.ibm.com/oauth2", subject: "stefanb@us.ibm.com" };
const byKey = (): OmsPolicy => ({ keys: [parsePublicKey(read("keys", "signing-key-pub.pem").toString())] });
const byAuthorities = (...names: string[]): OmsPolicy => ({ keys: [], authorities: names.map(authority) });
const byIdentity = (rule = ibm): OmsPolicy => ({
  keys: [],
  certificates: { root: publicGoodRoot(), identities: [rule] },
});

const verify = (name: string, policy: OmsPolicy, ignore: readonly string[] = []) =>
  verifyOmsDirectory(join(folder, name), read(name, "model.sig"), policy, { ignore });

test("directories signed by model_signing are there", (context) => {
  if (!present) context.skip("../shared/vectors is absent: directories signed by model_signing are not tried");
});

describe.runIf(present)("directories signed by model_signing", () => {
  test.each<[string, () => OmsPolicy, object]>([
    ["v1.1.0-elliptic-key", byKey, { kind: "key" }],
    [
      "v1.1.0-certificate",
      () => byAuthorities("ca-cert", "int-ca-cert"),
      { kind: "x509", subject: "CN=intermediate-ca" },
    ],
    ["v1.1.0-sigstore", () => byIdentity(), { kind: "certificate", ...ibm }],
  ])("%s: verifies, and says who signed", async (name, policy, signer) => {
    expect(await verify(name, policy())).toMatchObject({ resources: 2, signer });
  });

  test("v1.0.1-elliptic-key: verifies but for what it was told to ignore, and names that file", async () => {
    expect(await verify("v1.0.1-elliptic-key", byKey(), ["ignore-me", "model.sig"])).toMatchObject({ resources: 2 });
    const error = await rejectsWith(verify("v1.0.1-elliptic-key", byKey(), ["model.sig"]), "SUBJECT_MISMATCH");
    expect(error.message).toBe("the directory is not what was signed; not signed: ignore-me");
  });

  test("v0.3.1-elliptic-key: a model of one file verifies under the name that release gave it", async () => {
    const name = "v0.3.1-elliptic-key";
    const verified = await verifyOmsDirectory(join(folder, name, "signme-1"), read(name, "model.sig"), byKey());
    expect(verified.resources).toBe(1);
  });

  test.each<[string, string, () => OmsPolicy]>([
    ["a key that is not trusted", "v1.1.0-elliptic-key", () => ({ keys: [stranger] })],
    ["an authority that is not trusted", "v1.1.0-certificate", () => byAuthorities("int-ca-cert")],
    ["a certificate, where keys alone are trusted", "v1.1.0-certificate", byKey],
    ["another identity", "v1.1.0-sigstore", () => byIdentity({ ...ibm, subject: "mallory@example.com" })],
    ["another issuer", "v1.1.0-sigstore", () => byIdentity({ ...ibm, issuer: "https://accounts.example.com" })],
    ["an identity, where keys alone are trusted", "v1.1.0-sigstore", byKey],
  ])("%s: IDENTITY_MISMATCH", async (_, name, policy) => {
    await rejectsWith(verify(name, policy()), "IDENTITY_MISMATCH");
  });

  test.each<[string, string, (directory: string) => Promise<unknown>]>([
    ["a file that is missing", "missing: signme-2", (at) => rm(join(at, "signme-2"))],
    [
      "a file that was renamed",
      "not signed: other; missing: signme-1",
      (at) => rename(join(at, "signme-1"), join(at, "other")),
    ],
    ["a file that was changed", "changed: signme-1", (at) => writeFile(join(at, "signme-1"), "x")],
    [
      "a file more, in a directory below",
      "not signed: d/e",
      (at) => mkdir(join(at, "d")).then(() => writeFile(join(at, "d/e"), "")),
    ],
    [
      "a link",
      "signme-2 is a link",
      (at) => rm(join(at, "signme-2")).then(() => symlink("signme-1", join(at, "signme-2"))),
    ],
  ])("%s: is named", async (_, text, spoil) => {
    const directory = await scratchDirectory();
    await cp(join(folder, "v1.1.0-elliptic-key"), directory, { recursive: true });
    const signature = read("v1.1.0-elliptic-key", "model.sig");
    await writeFile(join(directory, ".gitattributes"), "which model_signing never looks at");
    await verifyOmsDirectory(directory, signature, byKey());
    await spoil(directory);
    const error = await rejectsWith(verifyOmsDirectory(directory, signature, byKey()), "SUBJECT_MISMATCH");
    expect(error.message).toContain(text);
  });
});

let stranger: PublicKey;
beforeAll(async () => {
  stranger = (await newSigner("P-384")).publicKey;
});
