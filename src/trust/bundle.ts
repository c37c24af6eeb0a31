import { z } from "zod";
import { Base64Bytes, encodeBase64 } from "./base64.ts";
import { parseDocument } from "./document.ts";
import { type Envelope, readEnvelope, WireEnvelope, writeEnvelope } from "./envelope.ts";
import { VerificationError } from "./errors.ts";
import type { PublicKey } from "./identity.ts";
import { keyHint } from "./key.ts";
import { bundleProofLimit, certificateChainLimit, certificateLimitBytes } from "./limits.ts";
import type { SignatureProofs } from "./signer.ts";

/** What mreg writes; also the artifact type and the layer type of an attached bundle. */
export const bundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** Version 0.3 has two spellings. Matched exactly: an open pattern accepts versions that do not exist yet. */
const newestMediaTypes = [bundleMediaType, "application/vnd.dev.sigstore.bundle+json;version=0.3"] as const;
const olderMediaTypes = [
  "application/vnd.dev.sigstore.bundle+json;version=0.2",
  "application/vnd.dev.sigstore.bundle+json;version=0.1",
] as const;

const keyName = z.string().max(1024).optional();
const proof = z.record(z.string(), z.unknown());
const certificate = z.strictObject({
  rawBytes: z
    .string()
    .max(Math.ceil(certificateLimitBytes / 3) * 4)
    .pipe(Base64Bytes),
});

const material = z.strictObject({
  publicKey: z.strictObject({ hint: keyName }).optional(),
  certificate: certificate.optional(),
  x509CertificateChain: z.strictObject({ certificates: z.array(certificate).max(certificateChainLimit) }).optional(),
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
  /** What they and the certificate are, not looked into: only a trusted root makes anything of them. */
  readonly proofs: WireProofs;
}

/** The proofs of a bundle as they came: counted and bounded, nothing more. */
export interface WireProofs {
  /** Older versions demand other proofs of an entry than newer ones. */
  readonly version: "0.1" | "0.2" | "0.3";
  /** DER, the signer's first; empty when a bare key signed. */
  readonly certificates: readonly Uint8Array[];
  readonly logEntries: readonly Readonly<Record<string, unknown>>[];
  readonly timestamps: readonly Readonly<Record<string, unknown>>[];
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
  const claim = readClaim(wire);
  const proofs = readProofs(wire);
  const { logEntries, timestamps } = proofs;
  return {
    claim,
    envelope: readEnvelope(wire.dsseEnvelope),
    logEntries: logEntries.length,
    timestamps: timestamps.length,
    proofs,
  };
}

/**
 * Writes the bundle of a signed envelope: version 0.3, field for field what cosign writes.
 *
 * @param hint - what a key is called, where that is not cosign's way; a certificate needs none.
 */
export function writeBundle(
  envelope: Envelope,
  { identity }: PublicKey,
  proofs?: SignatureProofs,
  hint: string = keyHint(identity.fingerprint),
): Uint8Array {
  const { certificate: leaf, logEntries = [], timestamps = [] } = proofs ?? {};
  const rfc3161Timestamps = timestamps.map((bytes) => ({ signedTimestamp: encodeBase64(bytes) }));
  const wire: z.input<typeof WireBundle> = {
    mediaType: bundleMediaType,
    verificationMaterial: {
      ...(leaf ? { certificate: { rawBytes: encodeBase64(leaf) } } : { publicKey: { hint } }),
      ...(logEntries.length > 0 ? { tlogEntries: [...logEntries] } : {}),
      ...(timestamps.length > 0 ? { timestampVerificationData: { rfc3161Timestamps } } : {}),
    },
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

function readProofs({ mediaType, verificationMaterial }: WireBundle): WireProofs {
  const {
    certificate: leaf,
    x509CertificateChain: chain,
    tlogEntries,
    timestampVerificationData,
  } = verificationMaterial;
  const certificates = leaf ? [leaf] : (chain?.certificates ?? []);
  const [, older] = /;version=(0\.[12])$/.exec(mediaType) ?? [];
  return {
    version: older === "0.1" || older === "0.2" ? older : "0.3",
    certificates: certificates.map(({ rawBytes }) => rawBytes),
    logEntries: tlogEntries ?? [],
    timestamps: timestampVerificationData?.rfc3161Timestamps ?? [],
  };
}

function invalid(reason: string): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", `unacceptable sigstore bundle: ${reason}`);
}
