import { z } from "zod";
import { collect } from "../../base/bytes.ts";
import { documentLimitBytes } from "../../base/limits.ts";
import type { CallOptions, Fetcher } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { Base64Bytes } from "../base64.ts";
import { parseDocument, printable } from "../document.ts";
import { readEnvelope, signedBytes, WireEnvelope } from "../envelope.ts";
import { VerificationError } from "../errors.ts";
import { simpleSigningLimitBytes } from "../limits.ts";
import { simpleSigningMediaType } from "./simple-signing.ts";

/** Layer type of attestations before bundles. */
export const envelopeMediaType = "application/vnd.dsse.envelope.v1+json";

/** Annotations of a layer that carry the signature and what came with it. */
export const layerAnnotations = {
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
  chain: "dev.sigstore.cosign/chain",
  logBundle: "dev.sigstore.cosign/bundle",
  timestamp: "dev.sigstore.cosign/rfc3161timestamp",
} as const;

/** One signature as a layer carries it; nothing about it has been verified but the layer's digest. */
export interface LayerSignature {
  readonly kind: "signature" | "attestation";
  /** The payload of a signature, or the statement of an attestation. */
  readonly payload: Uint8Array;
  /** What the signature is made over: the payload itself, or its encoding. */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  /** The annotations that came with it: hostile, and bounded only by the manifest's size. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** What is read of each kind of layer, and how much of it at most. */
const kinds = {
  [simpleSigningMediaType]: { kind: "signature", limitBytes: simpleSigningLimitBytes },
  [envelopeMediaType]: { kind: "attestation", limitBytes: documentLimitBytes },
} as const;

/** Tells what a layer is by its type; undefined for anything else. */
export function layerKind({ mediaType }: Descriptor): LayerSignature["kind"] | undefined {
  return kindOf(mediaType)?.kind;
}

/**
 * Downloads a layer, its size bounded before it is asked for, and takes the signature out of it.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`. Errors of the store pass through.
 */
export async function readSignatureLayer(
  store: Fetcher,
  layer: Descriptor,
  options?: CallOptions,
): Promise<LayerSignature> {
  const what = kindOf(layer.mediaType);
  if (!what) throw invalid(`layer ${layer.digest} is of type ${printable(layer.mediaType)}, expected a signature`);
  const { kind, limitBytes } = what;
  if (layer.size > limitBytes) {
    throw invalid(`layer ${layer.digest} has ${layer.size} bytes, expected at most ${limitBytes}`);
  }
  const bytes = await collect(store.fetch(layer, options), layer.size);
  const annotations = layer.annotations ?? {};
  if (kind === "attestation") {
    const { payload, signature } = readEnvelope(parseDocument(bytes, WireEnvelope, "attestation"));
    return { kind, payload, signedBytes: signedBytes(payload), signature, annotations };
  }
  const signature = z.safeParse(Base64Bytes, annotations[layerAnnotations.signature]);
  if (!signature.success) throw invalid(`layer ${layer.digest} has no signature in base64 beside it`);
  return { kind, payload: bytes, signedBytes: bytes, signature: signature.data, annotations };
}

function kindOf(mediaType: string) {
  return mediaType === simpleSigningMediaType || mediaType === envelopeMediaType ? kinds[mediaType] : undefined;
}

function invalid(reason: string): VerificationError {
  return new VerificationError("SIGNATURE_INVALID", reason);
}
