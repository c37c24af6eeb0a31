import { describe, expect, it } from "vitest";
import { evalStatement, newSigner } from "../../test/support/trust.ts";
import { digestOf } from "../base/digest.ts";
import { bundleMediaType, parseBundle, writeBundle } from "./bundle.ts";
import { signEnvelope } from "./envelope.ts";
import { VerificationError } from "./errors.ts";
import { keyHint } from "./key.ts";
import { writeStatement } from "./statement.ts";

/** The JSON of a bundle, loose enough to be broken in every way. */
interface BundleJson {
  mediaType?: unknown;
  verificationMaterial: Record<string, unknown>;
  dsseEnvelope?: {
    payload: string;
    payloadType: string;
    signatures: Record<string, unknown>[];
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

const signer = await newSigner();
const statement = evalStatement({ mediaType: "application/x", digest: digestOf("x"), size: 1 });
const envelope = await signEnvelope(writeStatement(statement), signer);
const valid = Buffer.from(writeBundle(envelope, signer.publicKey)).toString();

function edited(edit: (json: BundleJson) => void): Uint8Array {
  const json = JSON.parse(valid) as BundleJson;
  edit(json);
  return Buffer.from(JSON.stringify(json));
}

const legacy = (version: string) => `application/vnd.dev.sigstore.bundle+json;version=${version}`;
const certificate = { rawBytes: "AAAA" };
const chain = { certificates: [certificate] };
const proofs = (count: number) => Array.from({ length: count }, () => ({ logIndex: "1" }));

describe("writeBundle", () => {
  it("writes what cosign writes, field for field", () => {
    expect(JSON.parse(valid)).toEqual({
      mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
      verificationMaterial: { publicKey: { hint: keyHint(signer.publicKey.identity.fingerprint) } },
      dsseEnvelope: {
        payload: Buffer.from(envelope.payload).toString("base64"),
        payloadType: "application/vnd.in-toto+json",
        signatures: [{ sig: Buffer.from(envelope.signature).toString("base64") }],
      },
    });
  });
});

describe("parseBundle", () => {
  it("gives back what was written", () => {
    const { claim, envelope: read, proofs, ...counts } = parseBundle(Buffer.from(valid));
    expect(claim).toEqual({ kind: "key", hint: keyHint(signer.publicKey.identity.fingerprint) });
    expect(Buffer.from(read.payload)).toEqual(Buffer.from(envelope.payload));
    expect(Buffer.from(read.signature)).toEqual(Buffer.from(envelope.signature));
    expect(counts).toEqual({ logEntries: 0, timestamps: 0 });
    expect(proofs).toEqual({ version: "0.3", certificates: [], logEntries: [], timestamps: [] });
  });

  it.each<[string, (json: BundleJson) => void, object]>([
    ["version 0.3 in its other spelling", (json) => (json.mediaType = legacy("0.3")), {}],
    ["version 0.2", (json) => (json.mediaType = legacy("0.2")), {}],
    ["version 0.1", (json) => (json.mediaType = legacy("0.1")), {}],
    ["no hint", (json) => (json.verificationMaterial["publicKey"] = {}), { claim: { kind: "key" } }],
    ["a certificate", (json) => (json.verificationMaterial = { certificate }), { claim: { kind: "certificate" } }],
    [
      "a certificate chain before 0.3",
      (json) =>
        Object.assign(json, { mediaType: legacy("0.2"), verificationMaterial: { x509CertificateChain: chain } }),
      { claim: { kind: "certificate" } },
    ],
    ["32 log entries", (json) => (json.verificationMaterial["tlogEntries"] = proofs(32)), { logEntries: 32 }],
    [
      "32 timestamps",
      (json) => (json.verificationMaterial["timestampVerificationData"] = { rfc3161Timestamps: proofs(32) }),
      { timestamps: 32 },
    ],
    // The four keyids of reference/signing.md §2.2 are all the same to mreg: the field is not signed.
    ["keyid: the SPKI hash", (json) => setKeyId(json, keyHint(signer.publicKey.identity.fingerprint)), {}],
    ["keyid: empty", (json) => setKeyId(json, ""), {}],
    ["keyid: an SSH fingerprint", (json) => setKeyId(json, "SHA256:uX1mYPzFzF5A"), {}],
  ])("accepts %s", (_, edit, expected) => {
    expect(parseBundle(edited(edit))).toMatchObject(expected);
  });

  const refusals: [string, (json: BundleJson) => void, RegExp][] = [
    ["a version that does not exist", (json) => (json.mediaType = legacy("0.9")), /mediaType/],
    ["a media type that goes on", (json) => (json.mediaType = `${bundleMediaType}EVIL`), /mediaType/],
    ["no media type", (json) => delete json.mediaType, /mediaType/],
    ["an unknown key", (json) => (json["extra"] = 1), /extra/],
    ["an unknown key in the material", (json) => (json.verificationMaterial["rawKey"] = ""), /rawKey/],
    ["an unknown key in the envelope", (json) => (json.dsseEnvelope!["extra"] = 1), /extra/],
    ["an unknown key in the signature", (json) => (json.dsseEnvelope!.signatures[0]!["cert"] = ""), /cert/],
    ["no envelope", (json) => delete json.dsseEnvelope, /no dsseEnvelope/],
    ["both kinds of content", (json) => (json["messageSignature"] = {}), /both/],
    [
      "a bare message signature",
      (json) => {
        delete json.dsseEnvelope;
        json["messageSignature"] = { signature: "AAAA" };
      },
      /bare message \(messageSignature\)/,
    ],
    ["no signature", (json) => (json.dsseEnvelope!.signatures = []), /signatures/],
    ["two signatures", (json) => json.dsseEnvelope!.signatures.push({ sig: "AAAA" }), /signatures/],
    ["another payload type", (json) => (json.dsseEnvelope!.payloadType = "text/plain"), /payloadType/],
    ["base64 without padding", (json) => setSignature(json, (sig) => `${sig}A`), /canonical base64/],
    ["base64 with stray bits", (json) => (json.dsseEnvelope!.payload = "e31="), /canonical base64/],
    ["base64url", (json) => (json.dsseEnvelope!.payload = "-_-_"), /canonical base64/],
    ["base64 with a line break", (json) => setSignature(json, (sig) => `${sig}\n`), /canonical base64/],
    ["no key material", (json) => (json.verificationMaterial = {}), /0 kinds/],
    ["two kinds of key material", (json) => (json.verificationMaterial["certificate"] = certificate), /2 kinds/],
    ["a chain in 0.3", (json) => (json.verificationMaterial = { x509CertificateChain: chain }), /chain/],
    [
      "a single certificate before 0.3",
      (json) => Object.assign(json, { mediaType: legacy("0.1"), verificationMaterial: { certificate } }),
      /before 0.3/,
    ],
    ["33 log entries", (json) => (json.verificationMaterial["tlogEntries"] = proofs(33)), /tlogEntries/],
    [
      "33 timestamps",
      (json) => (json.verificationMaterial["timestampVerificationData"] = { rfc3161Timestamps: proofs(33) }),
      /rfc3161Timestamps/,
    ],
    ["null", (json) => (json.verificationMaterial["publicKey"] = null), /publicKey/],
  ];
  it.each(refusals)("refuses %s", (_, edit, reason) => {
    expect(refusalOf(edited(edit))).toMatch(reason);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ["an empty file", "", /JSON/],
    ["half a file", valid.slice(0, 100), /JSON/],
    ["text after the document", `${valid}{}`, /JSON/],
    ["an array", "[]", /expected object/],
    ["a duplicate key", valid.replace("{", '{"mediaType":"x",'), /duplicate key "mediaType"/],
    ["a duplicate key in other letters", valid.replace("{", '{"media\\u0054ype":"x",'), /duplicate key "mediaType"/],
    ["a __proto__ key", valid.replace("{", '{"__proto__":{},'), /__proto__/],
    ["bytes that are not UTF-8", Buffer.concat([Buffer.from(valid), Uint8Array.of(0xff)]), /UTF-8/],
    ["a byte order mark", `\ufeff${valid}`, /JSON/],
    ["deep nesting", "[".repeat(100) + "]".repeat(100), /nested/],
  ])("refuses %s", (_, text, reason) => {
    expect(refusalOf(Buffer.from(text as string))).toMatch(reason);
  });

  it("quotes hostile text on one line, without control characters, and not at length", () => {
    const reason = refusalOf(edited((json) => (json[`\u001b[2J\n${"x".repeat(5000)}`] = 1)));
    expect(reason).not.toMatch(/[\p{Cc}]/u);
    expect(reason.length).toBeLessThan(600);
  });
});

function setKeyId(json: BundleJson, keyid: string): void {
  json.dsseEnvelope!.signatures[0]!["keyid"] = keyid;
}

function setSignature(json: BundleJson, edit: (sig: string) => string): void {
  const [signature] = json.dsseEnvelope!.signatures;
  signature!["sig"] = edit(signature!["sig"] as string);
}

/** The message of the refusal, which must be a VerificationError of code SIGNATURE_INVALID. */
function refusalOf(bytes: Uint8Array): string {
  try {
    parseBundle(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(VerificationError);
    expect((error as VerificationError).code).toBe("SIGNATURE_INVALID");
    return (error as Error).message;
  }
  return expect.fail("the bundle was accepted");
}
