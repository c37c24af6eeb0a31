import { beforeAll, describe, expect, it } from "vitest";
import { describe as describeBytes } from "../oci/descriptor.ts";
import { emptyJson, manifestSource, packManifest } from "../oci/pack.ts";
import { bytesSource } from "../oci/source.ts";
import { MemoryRegistry } from "../stores/memory/index.ts";

import { generateKeyPair, loadSigner } from "./key-signer.ts";
import { requireSignature, signManifest } from "./manifest-signature.ts";
import { signStatement } from "./sign.ts";
import type { Signer } from "./signer.ts";
import { makeStatement } from "./statement.ts";

const clock = () => new Date("2026-01-01T00:00:00Z");

async function pushed() {
  const repository = new MemoryRegistry().repository("risk");
  const bytes = Buffer.from("weights");
  const layer = bytesSource(describeBytes("application/octet-stream", bytes), bytes);
  const manifest = packManifest({ artifactType: "application/x.test", layers: [layer.descriptor] });
  for (const source of [emptyJson, layer, manifestSource(manifest)]) await repository.push(source);
  return { repository, subject: manifest.descriptor };
}

describe("requireSignature", () => {
  let alice: Signer;
  let mallory: Signer;
  beforeAll(async () => {
    const sign = () => loadSigner(generateKeyPair("").privatePem, () => "");
    [alice, mallory] = await Promise.all([sign(), sign()]);
  });

  it("returns who signed", async () => {
    const { repository, subject } = await pushed();
    await signManifest(repository, subject, { signer: alice, clock });
    const [verification] = await requireSignature(repository, subject, { keys: [alice.publicKey] });
    expect(verification?.signer).toEqual(alice.publicKey.identity);
  });

  it("refuses a manifest that nobody signed", async () => {
    const { repository, subject } = await pushed();
    await expect(requireSignature(repository, subject, { keys: [alice.publicKey] })).rejects.toMatchObject({
      code: "NO_SIGNATURE",
    });
  });

  it("refuses the signature of a key that is not trusted", async () => {
    const { repository, subject } = await pushed();
    await signManifest(repository, subject, { signer: mallory, clock });
    await expect(requireSignature(repository, subject, { keys: [alice.publicKey] })).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
    });
  });

  it("does not take another signed statement for a signature, as `cosign verify` does", async () => {
    const { repository, subject } = await pushed();
    const statement = makeStatement({ subject, predicateType: "https://mreg.dev/eval/v1", predicate: {} });
    await signStatement(repository, subject, statement, { signer: alice, clock });
    await expect(requireSignature(repository, subject, { keys: [alice.publicKey] })).rejects.toMatchObject({
      code: "NO_SIGNATURE",
    });
  });
});
