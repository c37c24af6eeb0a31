import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/base/digest.ts";
import { isMregError } from "../../src/base/errors.ts";
import { parseBundle, type WireProofs } from "../../src/trust/bundle.ts";
import { signedBytes } from "../../src/trust/envelope.ts";
import { parsePublicKey, VerificationError } from "../../src/trust/index.ts";
import type { SignedContent } from "../../src/trust/sigstore/signed-content.ts";
import { verifyCertificateProofs, verifyKeyProofs } from "../../src/trust/sigstore/verify-proofs.ts";
import { isAbout, parseStatement } from "../../src/trust/statement.ts";
import { parseTrustRoot } from "../../src/trust/trust-root.ts";
import { findTrustedKey } from "../../src/trust/trusted-key.ts";
import { publicGoodRoot } from "../support/sigstore.ts";

const folder = resolve(import.meta.dirname, "../../../shared/vectors/sigstore-conformance/bundle-verify");
const present = existsSync(folder);
const cases = present ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];

/** The identity of all cases that do not name another, from the README of the vectors. */
const beacon =
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const github = "https://token.actions.githubusercontent.com";

/** One case, decided by the room alone, in the order in which `verifyStatements` decides. */
async function verifyCase(name: string): Promise<void> {
  const read = (file: string) => readFileSync(join(folder, name, file));
  const has = (file: string) => existsSync(join(folder, name, file));
  const artifact = has("artifact") ? read("artifact") : readFileSync(join(folder, "a.txt"));
  const root = has("trusted_root.json") ? parseTrustRoot(read("trusted_root.json")) : publicGoodRoot();
  const { content, proofs, isKey } = readCase(read("bundle.sigstore.json"), artifact);
  if (has("key.pub") || isKey) {
    if (!has("key.pub")) throw new VerificationError("IDENTITY_MISMATCH", "signed with a key, expected a certificate");
    const keys = [parsePublicKey(read("key.pub").toString())];
    const { signature, signedBytes: payload } = content;
    const key = await findTrustedKey(keys, { payload, signature, hint: undefined });
    await verifyKeyProofs(content, key, proofs, { root });
    return;
  }
  const subject = has("identity") ? read("identity").toString().trim() : beacon;
  const issuer = has("issuer") ? read("issuer").toString().trim() : github;
  await verifyCertificateProofs(content, proofs, { root, identities: [{ issuer, subject }] });
}

interface Case {
  readonly content: SignedContent;
  readonly proofs: WireProofs;
  readonly isKey: boolean;
}

/**
 * mreg verifies statements alone and refuses bare messages. Here a bare message is read as if it were the payload of
 * an envelope, so that all the rest of such a case is decided by mreg.
 */
function readCase(bytes: Uint8Array, artifact: Uint8Array): Case {
  const text = Buffer.from(bytes).toString();
  const { messageSignature, ...rest } = text.includes('"messageSignature"')
    ? (JSON.parse(text) as { messageSignature?: { signature: string; messageDigest: { digest: string } } })
    : {};
  if (!messageSignature) {
    const { envelope, proofs, claim } = parseBundle(bytes);
    const { payload, signature } = envelope;
    const digest = digestOf(artifact);
    if (!isAbout(parseStatement(payload), digest)) throw new VerificationError("SUBJECT_MISMATCH", "other content");
    const content = { signature, signedBytes: signedBytes(payload), content: payload };
    return { content, proofs, isKey: claim.kind === "key" };
  }
  const { signature, messageDigest } = messageSignature;
  const dsseEnvelope = {
    payload: "e30=",
    payloadType: "application/vnd.in-toto+json",
    signatures: [{ sig: signature }],
  };
  const { envelope, proofs, claim } = parseBundle(Buffer.from(JSON.stringify({ ...rest, dsseEnvelope })));
  if (createHash("sha256").update(artifact).digest("base64") !== messageDigest.digest) {
    throw new VerificationError("SUBJECT_MISMATCH", "other content");
  }
  const content = { signature: envelope.signature, signedBytes: artifact, content: artifact };
  return { content, proofs, isKey: claim.kind === "key" };
}

/** Without exceptions: all 58 cases end as the vectors say. */
describe("sigstore-conformance bundle-verify", () => {
  it("is there", (context) => {
    if (!present) context.skip("../shared/vectors is absent: bundles of sigstore-conformance are not tried");
    expect(cases.length).toBeGreaterThan(50);
  });

  const names = cases.map(({ name }) => name);
  it.each(names.filter((name) => !name.endsWith("_fail")))("%s: verifies", async (name) => {
    await verifyCase(name);
  });

  it.each(names.filter((name) => name.endsWith("_fail")))("%s: is refused", async (name) => {
    const error = await verifyCase(name).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isMregError(error), `${error}`).toBe(true);
  });
});
