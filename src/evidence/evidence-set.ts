import { type Digest, digestOf } from "../base/digest.ts";

/**
 * Names a set of statements by one digest: SHA-256 over their sorted, distinct digests, each followed by a line feed.
 *
 * An approval carries it, so that adding, removing or exchanging evidence makes the approval void.
 *
 * @param bundles - digests of the manifests that carry the signed statements, in any order.
 */
export function evidenceSetDigest(bundles: Iterable<Digest>): Digest {
  const lines = [...new Set(bundles)].sort().map((digest) => `${digest}\n`);
  return digestOf(lines.join(""));
}
