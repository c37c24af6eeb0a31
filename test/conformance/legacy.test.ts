import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { describe as describeBytes } from "../../src/oci/descriptor.ts";
import { parseManifest } from "../../src/oci/manifest.ts";
import { mediaTypes } from "../../src/oci/media-types.ts";
import { emptyJson, manifestSource } from "../../src/oci/pack.ts";
import { bytesSource } from "../../src/oci/source.ts";
import { MemoryRegistry } from "../../src/stores/memory/index.ts";
import { loadSigner, parsePublicKey, signLegacy, verifyLegacyStatements } from "../../src/trust/index.ts";
import { signatureTag } from "../../src/trust/legacy/signature-tag.ts";
import { bytesOf } from "../support/expect.ts";

const golden = resolve(import.meta.dirname, "golden");
const read = (...path: string[]) => readFileSync(join(golden, ...path));
const keyOf = (name: string) => parsePublicKey(read("cosign-3.1.2", `${name}.pub`).toString());

/** A repository that holds the golden subject, and what cosign 2.6.4 pushed beside it, byte for byte. */
async function repositoryWith(name?: string, where?: "sig" | "att" | "referrer") {
  const repository = new MemoryRegistry().repository("golden");
  const subject = parseManifest(read("cosign-3.1.2", "subject.json"), mediaTypes.imageManifest);
  for (const source of [emptyJson, manifestSource(subject)]) await repository.push(source);
  if (name !== undefined) {
    const manifest = parseManifest(read("cosign-2.6.4", `${name}.manifest.json`), mediaTypes.imageManifest);
    for (const part of ["config", "layer"]) {
      const bytes = read("cosign-2.6.4", `${name}.${part}.json`);
      await repository.push(bytesSource(describeBytes(mediaTypes.octetStream, bytes), bytes));
    }
    await repository.push(manifestSource(manifest));
    if (where === "sig" || where === "att") {
      await repository.tag(manifest.descriptor, signatureTag(subject.descriptor.digest, where));
    }
  }
  return { repository, subject: subject.descriptor };
}

describe("signatures made by cosign 2.6.4", () => {
  it.each<[string, string, "sig" | "att" | "referrer"]>([
    ["p256-sign", "p256", "sig"],
    ["p256-sign-annotated", "p256", "sig"],
    ["p384-sign", "p384", "sig"],
    ["ed25519-sign", "ed25519", "sig"],
    ["rsa-sign", "rsa", "sig"],
    ["p256-attest", "p256", "att"],
    ["p256-sign-referrer", "p256", "referrer"],
  ])("%s: verifies with key %s", async (name, key, where) => {
    const { repository, subject } = await repositoryWith(name, where);
    const report = await verifyLegacyStatements(repository, subject, { keys: [keyOf(key)] });
    expect(report.rejected).toEqual([]);
    expect(report.verified).toMatchObject([
      {
        signer: keyOf(key).identity,
        legacy: {
          kind: where === "att" ? "attestation" : "signature",
          found: where === "referrer" ? "referrer" : "tag",
        },
      },
    ]);
    if (name.endsWith("annotated")) {
      expect(report.verified[0]?.statement.subject[0]?.annotations).toEqual({ team: "risk" });
    }
    const foreign = await verifyLegacyStatements(repository, subject, { keys: [keyOf("p521")] });
    expect(foreign).toMatchObject({ verified: [], rejected: [{ error: { code: "IDENTITY_MISMATCH" } }] });
  });
});

/** RSA signatures are the same every time, so that a whole manifest can be a golden file. */
it("what mreg writes under a .sig tag is the same bytes in every release, beside what cosign wrote", async () => {
  const { repository, subject } = await repositoryWith("p256-sign", "sig");
  const signer = await loadSigner(read("cosign-3.1.2", "rsa.key").toString(), () => "golden");
  const written = await signLegacy(repository, subject, { signer, identity: "registry.test/golden" });
  const manifest = await bytesOf(repository.fetch(written));
  await expect(manifest.toString()).toMatchFileSnapshot("golden/mreg-1/rsa-legacy.manifest.json");
  const keys = [keyOf("p256"), signer.publicKey];
  expect((await verifyLegacyStatements(repository, subject, { keys })).verified).toHaveLength(2);
});
