import { z } from "zod";
import type { Digest } from "../../base/digest.ts";
import { parseDocument } from "../document.ts";
import { VerificationError } from "../errors.ts";

/** Layer type of cosign's signatures before bundles. */
export const simpleSigningMediaType = "application/vnd.dev.cosign.simplesigning.v1+json";

/** The only kind of signature that is one; Red Hat's older ones say `atomic container signature` and are not read. */
const signatureType = "cosign container image signature";

/**
 * What a signature before bundles is made over: which manifest, and under which name.
 *
 * Strict about the critical part, as its own format demands: who does not understand a key of it must refuse.
 *
 * @see {@link https://github.com/sigstore/cosign/blob/v3.1.2/specs/SIGNATURE_SPEC.md#payload}
 */
const SimpleSigning = z.strictObject({
  critical: z.strictObject({
    identity: z.strictObject({ "docker-reference": z.string() }),
    image: z.strictObject({ "docker-manifest-digest": z.string() }),
    type: z.literal(signatureType),
  }),
  optional: z.record(z.string(), z.unknown()).nullish(),
});

/** A signed name for a manifest. */
export interface SimpleSignature {
  /** The repository it was signed as. Signed, but not compared: a copy keeps its signatures. */
  readonly identity: string;
  readonly annotations: Readonly<Record<string, unknown>>;
}

/**
 * Reads a payload that speaks of one manifest.
 *
 * @throws {@link VerificationError} `SIGNATURE_INVALID`; `SUBJECT_MISMATCH` when it speaks of another manifest.
 */
export function parseSimpleSigning(payload: Uint8Array, subject: Digest): SimpleSignature {
  const { critical, optional } = parseDocument(payload, SimpleSigning, "signature payload");
  const signed = critical.image["docker-manifest-digest"];
  if (signed !== subject) {
    throw new VerificationError("SUBJECT_MISMATCH", `the signature speaks of other content, expected ${subject}`);
  }
  return { identity: critical.identity["docker-reference"], annotations: optional ?? {} };
}

/** Writes the payload for a manifest, byte for byte as cosign does. */
export function writeSimpleSigning(subject: Digest, identity: string): Uint8Array {
  const document: z.input<typeof SimpleSigning> = {
    critical: {
      identity: { "docker-reference": identity },
      image: { "docker-manifest-digest": subject },
      type: signatureType,
    },
    optional: null,
  };
  return Buffer.from(JSON.stringify(document));
}
