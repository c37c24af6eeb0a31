import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { payloadOf, pushSignatures, type SignatureLayer } from "../../../test/support/legacy.ts";
import {
  identityToken,
  type SigstoreInstance,
  startSigstore,
  testIssuer,
  testSubject,
} from "../../../test/support/sigstore-instance.ts";
import { pushedModel } from "../../../test/support/trust.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { requestCertificate } from "../keyless/certificate-authority.ts";
import { readIdentityToken } from "../keyless/identity-token.ts";
import { requireSignature } from "../manifest-signature.ts";
import { layerAnnotations } from "./signature-layer.ts";
import { verifyLegacyStatements } from "./verify.ts";

interface LogAnswer {
  readonly body: string;
  readonly integratedTime: number;
  readonly logIndex: number;
  readonly logID: string;
  readonly verification: { readonly signedEntryTimestamp: string };
}

let sigstore: SigstoreInstance;
let other: SigstoreInstance;
beforeAll(async () => {
  [sigstore, other] = await Promise.all([startSigstore(), startSigstore()]);
});
afterAll(() => Promise.all([sigstore.close(), other.close()]));

/** What cosign 2 writes when it signs with a certificate: the certificate and Rekor's answer beside the signature. */
async function keylessLayer(subject: Pick<Descriptor, "digest">): Promise<SignatureLayer> {
  const payload = payloadOf(subject);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const token = readIdentityToken(identityToken(), new Date());
  const prove = async (challenge: Uint8Array) => sign("sha256", challenge, privateKey);
  const certificate = await requestCertificate(fetch, { url: sigstore.url, token, publicKey, prove });
  const signature = sign("sha256", payload, privateKey).toString("base64");
  const spec = {
    data: { hash: { algorithm: "sha256", value: createHash("sha256").update(payload).digest("hex") } },
    signature: { content: signature, publicKey: { content: Buffer.from(certificate.toString()).toString("base64") } },
  };
  const answer = await fetch(`${sigstore.url}/api/v1/log/entries`, {
    method: "POST",
    body: JSON.stringify({ apiVersion: "0.0.1", kind: "hashedrekord", spec }),
  });
  const [entry] = Object.values((await answer.json()) as Record<string, LogAnswer>);
  if (!entry) throw new Error("the log answered without an entry");
  const { body, integratedTime, logIndex, logID } = entry;
  return {
    bytes: payload,
    annotations: {
      [layerAnnotations.signature]: signature,
      [layerAnnotations.certificate]: certificate.toString(),
      [layerAnnotations.logBundle]: JSON.stringify({
        SignedEntryTimestamp: entry.verification.signedEntryTimestamp,
        Payload: { body, integratedTime, logIndex, logID },
      }),
    },
  };
}

const policy = (root = sigstore.root, rule = { issuer: testIssuer, subject: testSubject }) => ({
  keys: [],
  certificates: { root, identities: [rule] },
});

describe("signatures before bundles, with a certificate", () => {
  it("verify under the trusted root, and say who signed, when, and in which log", async () => {
    const { repository, subject } = await pushedModel();
    await pushSignatures(repository, subject, [await keylessLayer(subject)]);
    const [verified] = await requireSignature(repository, subject, policy());
    expect(verified).toMatchObject({
      signer: { kind: "certificate", issuer: testIssuer, subject: testSubject },
      proven: { times: [{ source: "transparency-log" }], logEntries: [{ kind: "hashedrekord" }] },
      legacy: { kind: "signature", found: "tag" },
    });
  });

  it.each<[string, string, () => ReturnType<typeof policy>]>([
    ["another subject", "IDENTITY_MISMATCH", () => policy(sigstore.root, { issuer: testIssuer, subject: "mallory" })],
    [
      "another issuer",
      "IDENTITY_MISMATCH",
      () => policy(sigstore.root, { issuer: "https://x.test", subject: testSubject }),
    ],
    ["another instance's root", "SIGNATURE_INVALID", () => policy(other.root)],
  ])("%s: %s", async (_, code, rule) => {
    const { repository, subject } = await pushedModel();
    await pushSignatures(repository, subject, [await keylessLayer(subject)]);
    const report = await verifyLegacyStatements(repository, subject, rule());
    expect(report).toMatchObject({ verified: [], rejected: [{ error: { code } }] });
  });

  /**
   * CVE-2022-36056, CVE-2026-22703, GHSA-fx35-mq7g-6g98: the entry must be of this digest, signature and certificate.
   */
  it.each<[string, (layer: SignatureLayer, foreign: SignatureLayer) => SignatureLayer]>([
    [
      "the log entry of another signature",
      (layer, foreign) => withAnnotation(layer, foreign, layerAnnotations.logBundle),
    ],
    [
      "the certificate of another signature",
      (layer, foreign) => withAnnotation(layer, foreign, layerAnnotations.certificate),
    ],
    [
      "another signature beside its own certificate",
      (layer, foreign) => withAnnotation(layer, foreign, layerAnnotations.signature),
    ],
    ["another payload", (layer, foreign) => ({ ...layer, bytes: foreign.bytes })],
    [
      "no log entry: nothing says that the certificate was valid then",
      ({ bytes, annotations = {} }) => ({
        bytes,
        annotations: Object.fromEntries(
          Object.entries(annotations).filter(([key]) => key !== layerAnnotations.logBundle),
        ),
      }),
    ],
    [
      "a promise that the log did not make",
      (layer) => ({
        ...layer,
        annotations: {
          ...layer.annotations,
          [layerAnnotations.logBundle]: (layer.annotations?.[layerAnnotations.logBundle] ?? "").replace(
            /"SignedEntryTimestamp":"[^"]{8}/,
            '"SignedEntryTimestamp":"AAAAAAAA',
          ),
        },
      }),
    ],
  ])("SIGNATURE_INVALID: %s", async (_, spoil) => {
    const { repository, subject } = await pushedModel();
    const foreign = await pushedModel(7);
    const layer = spoil(await keylessLayer(subject), await keylessLayer(foreign.subject));
    await pushSignatures(repository, subject, [layer]);
    const report = await verifyLegacyStatements(repository, subject, policy());
    expect(report).toMatchObject({ verified: [], rejected: [{ error: { code: "SIGNATURE_INVALID" } }] });
  });
});

function withAnnotation(layer: SignatureLayer, foreign: SignatureLayer, key: string): SignatureLayer {
  return { ...layer, annotations: { ...layer.annotations, [key]: foreign.annotations?.[key] ?? "" } };
}
