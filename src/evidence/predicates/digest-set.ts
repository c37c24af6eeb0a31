import { z } from "zod";
import { type Digest, digestHex } from "../../base/digest.ts";

/**
 * Digests by algorithm, as in-toto writes them: `{ "sha256": "<hex>" }`, `{ "gitCommit": "<hex>" }`.
 *
 * @see {@link https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/digest_set.md}
 */
export const DigestSet = z
  .record(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/), z.string().regex(/^[0-9a-f]{1,256}$/))
  .refine((set) => Object.keys(set).length > 0, "names no digest");
export type DigestSet = z.infer<typeof DigestSet>;

/** The digest of something that mreg can fetch and verify: exactly one algorithm, at its full length. */
export const ContentDigest = z.union([
  z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.strictObject({ sha512: z.string().regex(/^[0-9a-f]{128}$/) }),
]);
export type ContentDigest = z.infer<typeof ContentDigest>;

/** Writes a digest the way statements do. */
export function toContentDigest(digest: Digest): ContentDigest {
  const hex = digestHex(digest);
  return digest.startsWith("sha512:") ? { sha512: hex } : { sha256: hex };
}

/** Reads back what {@link toContentDigest} wrote. */
export function fromContentDigest(set: ContentDigest): Digest {
  return ("sha256" in set ? `sha256:${set.sha256}` : `sha512:${set.sha512}`) as Digest;
}
