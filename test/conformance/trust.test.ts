import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseDigest } from "../../src/oci/digest.ts";
import { parseManifest } from "../../src/oci/manifest.ts";
import { mediaTypes } from "../../src/oci/media-types.ts";
import { emptyJson, manifestSource } from "../../src/oci/pack.ts";
import { MemoryRegistry } from "../../src/stores/memory/index.ts";
import {
  loadSigner,
  makeStatement,
  parsePublicKey,
  type Statement,
  signPredicateType,
  signStatement,
  VerificationError,
  verifyStatement,
  verifyStatements,
} from "../../src/trust/index.ts";
import { bytesOf, rejectsWith } from "../support/expect.ts";
import { blobOf } from "../support/fixtures.ts";
import { attachBytes, evalStatement, pushedModel, standingClock } from "../support/trust.ts";

const cosign = resolve(import.meta.dirname, "golden/cosign-3.1.2");
const vectors = resolve(import.meta.dirname, "../../../shared/vectors");
const read = (...path: string[]) => readFileSync(join(...path));
const keyOf = (name: string) => parsePublicKey(read(cosign, `${name}.pub`).toString());

/** A repository that holds the golden subject and one golden bundle, byte for byte as cosign pushed them. */
async function golden(name: string) {
  const repository = new MemoryRegistry().repository("golden");
  const subject = parseManifest(read(cosign, "subject.json"), mediaTypes.imageManifest);
  const manifest = parseManifest(read(cosign, `${name}.manifest.json`), mediaTypes.imageManifest);
  const bundle = blobOf(read(cosign, `${name}.bundle.json`));
  for (const source of [emptyJson, bundle, manifestSource(subject), manifestSource(manifest)]) {
    await repository.push(source);
  }
  return { repository, subject: subject.descriptor, manifest: manifest.descriptor };
}

describe("bundles made by cosign 3.1.2", () => {
  const predicate = { suite: "golden", score: "0.97", text: "naïve 模型 🙂" };
  it.each<[string, string, Partial<Statement>]>([
    ["p256-sign", "p256", { predicateType: signPredicateType, predicate: {} }],
    ["p256-sign-annotated", "p256", { predicateType: signPredicateType, predicate: {} }],
    ["p256-attest-uri", "p256", { predicateType: "https://mreg.dev/eval/v1", predicate }],
    ["p256-attest-custom", "p256", { predicateType: "https://cosign.sigstore.dev/attestation/v1" }],
    ["p384-sign", "p384", { predicateType: signPredicateType }],
    ["p521-sign", "p521", { predicateType: signPredicateType }],
    ["rsa-sign", "rsa", { predicateType: signPredicateType }],
    // cosign signs with Ed25519ph, where mreg's own Ed25519 signatures are pure.
    ["ed25519-sign", "ed25519", { predicateType: signPredicateType }],
  ])("%s: verifies with key %s", async (name, key, expected) => {
    const { repository, subject, manifest } = await golden(name);
    const trusted = keyOf(key);
    const report = await verifyStatements(repository, subject, { keys: [trusted] });
    expect(report.rejected).toEqual([]);
    expect(report.verified).toMatchObject([{ signer: trusted.identity, bundle: manifest, statement: expected }]);
    expect(report.verified[0]?.claimedTime).toMatch(/^20\d\d-/);
  });

  it("are refused under another key, and for another subject", async () => {
    const { repository, subject, manifest } = await golden("p256-sign");
    const verify = (digest: string, key: string) =>
      verifyStatement(repository, manifest, parseDigest(digest), { keys: [keyOf(key)] });
    await rejectsWith(verify(subject.digest, "rsa"), "IDENTITY_MISMATCH");
    await rejectsWith(verify(manifest.digest, "p256"), "SUBJECT_MISMATCH");
  });
});

describe("key files made by cosign 3.1.2", () => {
  it.each(["p256", "p384", "p521", "rsa", "ed25519"])(
    "%s: opens, and is the private half of the .pub",
    async (name) => {
      const pem = read(cosign, `${name}.key`).toString();
      const signer = await loadSigner(pem, () => "golden");
      expect(signer.publicKey.identity).toEqual(keyOf(name).identity);
      await rejectsWith(
        loadSigner(pem, () => "Golden"),
        "PASSWORD_WRONG",
      );
    },
  );
});

/**
 * What mreg itself writes must never change unnoticed. RSA signatures are the same every time, so that a whole
 * attachment can be a golden file; the first run of this test wrote it.
 */
it("an attached signature is the same bytes in every release", async () => {
  const { repository, subject } = await golden("p256-sign");
  const signer = await loadSigner(read(cosign, "rsa.key").toString(), () => "golden");
  const statement = makeStatement({ ...evalStatement(subject), subject });
  const attached = await signStatement(repository, subject, statement, { signer, clock: standingClock });
  const manifest = await bytesOf(repository.fetch(attached));
  const [layer] = (JSON.parse(manifest.toString()) as { layers: [typeof attached] }).layers;
  await expect(manifest.toString()).toMatchFileSnapshot("golden/mreg-1/rsa-eval.manifest.json");
  await expect((await bytesOf(repository.fetch(layer))).toString()).toMatchFileSnapshot(
    "golden/mreg-1/rsa-eval.bundle.json",
  );
});

/**
 * sigstore-conformance, without its trust roots: mreg is told to trust keys alone, and must say no in its own words.
 */
describe("sigstore-conformance bundle-verify, with keys only", () => {
  const folder = join(vectors, "sigstore-conformance/bundle-verify");
  const present = existsSync(folder);
  const cases = present ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];

  it("is there", (context) => {
    if (!present) context.skip("../shared/vectors is absent: bundles of sigstore-conformance are not tried");
    expect(cases.length).toBeGreaterThan(50);
  });

  it.each(cases.map(({ name }) => name))("%s: refused with a VerificationError", async (name) => {
    const { repository, subject } = await pushedModel();
    const bytes = read(folder, name, "bundle.sigstore.json");
    const key = existsSync(join(folder, name, "key.pub"))
      ? parsePublicKey(read(folder, name, "key.pub").toString())
      : keyOf("p256");
    const bundle = await attachBytes(repository, subject, bytes);
    const error = await rejectsWith(verifyStatement(repository, bundle, subject.digest, { keys: [key] }));
    expect(error).toBeInstanceOf(VerificationError);
    // Well-formed signed statements are refused for their signer, everything else for its form.
    const isStatement = /dsse|intoto/.test(name);
    expect((error as VerificationError).code).toBe(isStatement ? "IDENTITY_MISMATCH" : "SIGNATURE_INVALID");
    if (name.startsWith("managed-key")) expect(error.message).toContain("bare message (messageSignature)");
  });
});

/** OMS signs with ECDSA P-384 and SHA-384 by another implementation, and hints at the key in a way of its own. */
describe("model_signing 1.1.0", () => {
  const folder = join(vectors, "oms");

  it("a signature with an EC key on P-384 verifies for its root digest", async (context) => {
    if (!existsSync(folder)) context.skip("../shared/vectors is absent: signatures of model_signing are not tried");
    const bytes = read(folder, "v1.1.0-elliptic-key/model.sig");
    const envelope = (JSON.parse(bytes.toString()) as { dsseEnvelope: { payload: string } }).dsseEnvelope;
    const signed = JSON.parse(Buffer.from(envelope.payload, "base64").toString()) as Statement;
    const { repository } = await pushedModel();
    const digest = parseDigest(`sha256:${signed.subject[0]?.digest["sha256"]}`);
    const bundle = await attachBytes(repository, { mediaType: mediaTypes.imageManifest, digest, size: 1 }, bytes);
    const key = parsePublicKey(read(folder, "keys/signing-key-pub.pem").toString());
    const { statement } = await verifyStatement(repository, bundle, digest, { keys: [key] });
    expect(statement.predicateType).toBe("https://model_signing/signature/v1.0");
  });
});
