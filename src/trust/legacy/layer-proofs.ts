import { z } from "zod";
import { Base64Bytes } from "../base64.ts";
import type { SignerClaim, WireProofs } from "../bundle.ts";
import { parseDocument } from "../document.ts";
import { VerificationError } from "../errors.ts";
import { layerAnnotations } from "./signature-layer.ts";

/** Characters of one proof in an annotation; an entry of Rekor with two certificates in it has some 8,000. */
const proofLimitCharacters = 256 * 1024;

const certificatePattern = /^\s*-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;

/** What Rekor answered, as cosign keeps it. The body is base64 of JSON and is judged where all log entries are. */
const LogBundle = z.strictObject({
  SignedEntryTimestamp: z.string(),
  Payload: z.strictObject({
    body: Base64Bytes,
    integratedTime: z.int().nonnegative(),
    logIndex: z.int().nonnegative(),
    logID: z.string().regex(/^[0-9a-f]{64}$/),
  }),
});

const Timestamp = z.strictObject({ SignedRFC3161Timestamp: z.string() });

const EntryBody = z.looseObject({ kind: z.string(), apiVersion: z.string() });

/**
 * Turns what stands beside a signature into the proofs of a bundle of version 0.1, the one whose log entries are
 * promised and not proven.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID` for anything malformed: what cannot be read is not ignored.
 */
export function readLayerProofs(annotations: Readonly<Record<string, string>>): {
  readonly claim: SignerClaim;
  readonly proofs: WireProofs;
} {
  const certificates = readCertificate(annotations[layerAnnotations.certificate]);
  return {
    claim: { kind: certificates.length > 0 ? "certificate" : "key" },
    proofs: {
      version: "0.1",
      certificates,
      logEntries: readLogBundle(annotations[layerAnnotations.logBundle]),
      timestamps: readTimestamp(annotations[layerAnnotations.timestamp]),
    },
  };
}

/** The signer's own. The chain beside it is not read: whom to believe is in the trusted root, and nowhere else. */
function readCertificate(pem: string | undefined): readonly Uint8Array[] {
  if (!pem) return [];
  checkLength(pem, "certificate");
  const [, body] = certificatePattern.exec(pem) ?? [];
  if (body === undefined) throw invalid("the certificate beside it is not one certificate in PEM");
  return [Buffer.from(body, "base64")];
}

function readLogBundle(text: string | undefined): WireProofs["logEntries"] {
  if (!text) return [];
  checkLength(text, "log entry");
  const { SignedEntryTimestamp, Payload } = parseDocument(Buffer.from(text), LogBundle, "log entry");
  const { kind, apiVersion } = parseDocument(Payload.body, EntryBody, "log entry's body");
  return [
    {
      logIndex: String(Payload.logIndex),
      logId: { keyId: Buffer.from(Payload.logID, "hex").toString("base64") },
      kindVersion: { kind, version: apiVersion },
      integratedTime: String(Payload.integratedTime),
      inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
      canonicalizedBody: Buffer.from(Payload.body).toString("base64"),
    },
  ];
}

function readTimestamp(text: string | undefined): WireProofs["timestamps"] {
  if (!text) return [];
  checkLength(text, "timestamp");
  const { SignedRFC3161Timestamp } = parseDocument(Buffer.from(text), Timestamp, "timestamp");
  return [{ signedTimestamp: SignedRFC3161Timestamp }];
}

function checkLength(text: string, noun: string): void {
  if (text.length > proofLimitCharacters) {
    throw invalid(`the ${noun} beside it has ${text.length} characters, expected at most ${proofLimitCharacters}`);
  }
}

function invalid(reason: string): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", reason);
}
