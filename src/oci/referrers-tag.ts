import { type Digest, digestAlgorithm, digestHex } from "../base/digest.ts";

const referrersTagPattern = /^sha(?:256|512)-[0-9a-f]{64}$/;

/**
 * The tag under which registries without the referrers API keep the list of referrers.
 *
 * Hex is cut to 64 characters, since sha512's 128 would not fit into a tag.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema}
 */
export function referrersTag(subject: Digest): string {
  return `${digestAlgorithm(subject)}-${digestHex(subject).slice(0, 64)}`;
}

/** Tells whether a tag belongs to the referrers fallback; such tags are plumbing and stay out of lists. */
export function isReferrersTag(tag: string): boolean {
  return referrersTagPattern.test(tag);
}
