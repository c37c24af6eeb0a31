import { z } from "zod";
import { bundleProofLimit } from "../base/limits.ts";
import { parseDocument } from "./document.ts";
import { type Envelope, readEnvelope, WireEnvelope, writeEnvelope } from "./envelope.ts";
import { VerificationError } from "./errors.ts";
import type { PublicKey } from "./identity.ts";
import { keyHint } from "./key.ts";

/** What mreg writes; also the artifact type and the layer type of an attached bundle. */
export const bundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** Version 0.3 has two spellings. Matched exactly: an open pattern accepts versions that do not exist yet. */
const newestMediaTypes = [bundleMediaType, "application/vnd.dev.sigstore.bundle+json;version=0.3"] as const;
const olderMediaTypes = [
  "application/vnd.dev.sigstore.bundle+json;version=0.2",
  "application/vnd.dev.sigstore.bundle+json;version=0.1",
] as const;

const hint = z.string().max(1024).optional();
const proof = z.record(z.string(), z.unknown());
const certificate = z.strictObject({ rawBytes: z.string() });

const material = z.strictObject({
  publicKey: z.strictObject({ hint }).optional(),
  certificate: certificate.optional(),
  x509CertificateChain: z.strictObject({ certificates: z.array(certificate) }).optional(),
  tlogEntries: z.array(proof).max(bundleProofLimit).optional(),
  timestampVerificationData: z
    .strictObject({ rfc3161Timestamps: z.array(proof).max(bundleProofLimit).optional() })
    .optional(),
});

/**
 * A sigstore bundle of version 0.1 to 0.3, strict about every key that decides something.
 *
 * @see {@link https://github.com/sigstore/protobuf-specs/blob/v0.5.2/protos/sigstore_bundle.proto}
 */
const WireBundle = z.strictObject({
  mediaType: z.enum([...newestMediaTypes, ...olderMediaTypes]),
  verificationMaterial: material,
  dsseEnvelope: WireEnvelope.optional(),
  messageSignature: z.record(z.string(), z.unknown()).optional(),
});
type WireBundle = z.infer<typeof WireBundle>;

/** Who a bundle says signed it. A claim that helps to find the key, never proof. */
export type SignerClaim = { readonly kind: "key"; readonly hint?: string } | { readonly kind: "certificate" };

export interface Bundle {
  readonly claim: SignerClaim;
  readonly envelope: Envelope;
  /** Transparency log entries in it. */
  readonly logEntries: number;
  /** RFC 3161 timestamps in it. */
  readonly timestamps: number;
}

/**
 * Reads a bundle that holds a signed statement.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`, with the reason.
 */
export function parseBundle(bytes: Uint8Array): Bundle {
  const wire = parseDocument(bytes, WireBundle, "sigstore bundle");
  if (wire.messageSignature) {
    throw invalid(
      wire.dsseEnvelope
        ? "it has both dsseEnvelope and messageSignature, expected one"
        : "it signs a bare message (messageSignature), expected a signed statement (dsseEnvelope)",
    );
  }
  if (!wire.dsseEnvelope) throw invalid("it has no dsseEnvelope");
  const { tlogEntries = [], timestampVerificationData } = wire.verificationMaterial;
  return {
    claim: readClaim(wire),
    envelope: readEnvelope(wire.dsseEnvelope),
    logEntries: tlogEntries.length,
    timestamps: timestampVerificationData?.rfc3161Timestamps?.length ?? 0,
  };
}

/** Writes the bundle of an envelope signed with a key: version 0.3, field for field what cosign writes. */
export function writeBundle(envelope: Envelope, { identity }: PublicKey): Uint8Array {
  const wire: z.input<typeof WireBundle> = {
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: keyHint(identity.fingerprint) } },
    dsseEnvelope: writeEnvelope(envelope),
  };
  return Buffer.from(JSON.stringify(wire));
}

/** The three kinds of key material are a `oneof` in the specification, and each version allows its own. */
function readClaim({ mediaType, verificationMaterial }: WireBundle): SignerClaim {
  const { publicKey, certificate: leaf, x509CertificateChain: chain } = verificationMaterial;
  const count = [publicKey, leaf, chain].filter((one) => one !== undefined).length;
  if (count !== 1) throw invalid(`it has ${count} kinds of key material, expected exactly one`);
  const isOlder = (olderMediaTypes as readonly string[]).includes(mediaType);
  if (chain && !isOlder) throw invalid("version 0.3 holds one certificate, it has a chain");
  if (leaf && isOlder) throw invalid("versions before 0.3 hold a certificate chain, it has one certificate");
  if (!publicKey) return { kind: "certificate" };
  return { kind: "key", ...(publicKey.hint === undefined ? {} : { hint: publicKey.hint }) };
}

function invalid(reason: string): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", `unacceptable sigstore bundle: ${reason}`);
}
