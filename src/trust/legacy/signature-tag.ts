import { type Digest, digestAlgorithm, digestHex } from "../../base/digest.ts";

/** The two kinds of content that cosign before version 3 keeps under tags. */
export type SignatureTagSuffix = "sig" | "att";

/**
 * The tag under which cosign before version 3 keeps the signatures (`sig`) or attestations (`att`) of a manifest.
 *
 * @see {@link https://github.com/sigstore/cosign/blob/v3.1.2/specs/SIGNATURE_SPEC.md#tag-based-discovery}
 */
export function signatureTag(subject: Digest, suffix: SignatureTagSuffix): string {
  return `${digestAlgorithm(subject)}-${digestHex(subject)}.${suffix}`;
}
