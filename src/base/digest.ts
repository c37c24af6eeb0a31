import { createHash, type Hash, hash } from "node:crypto";
import type { ByteStream } from "./bytes.ts";
import { ContentError } from "./errors.ts";

declare const digestBrand: unique symbol;

/** `sha256:` or `sha512:` and lower-case hex. Made by {@link digestOf} or by `parseDigest` in `oci/`, never by hand. */
export type Digest = `${DigestAlgorithm}:${string}` & { readonly [digestBrand]: true };

export type DigestAlgorithm = "sha256" | "sha512";

/** Computes the digest of bytes held in memory. */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm = "sha256"): Digest {
  return `${algorithm}:${hash(algorithm, bytes, "hex")}` as Digest;
}

/** Ends a running hash and names its result. */
export function sealDigest(algorithm: DigestAlgorithm, hash: Hash): Digest {
  return `${algorithm}:${hash.digest("hex")}` as Digest;
}

/** The algorithm part of a digest. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The hex part of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/**
 * Passes a stream through and ends it with an error unless it is exactly the expected content.
 *
 * Chunks are handed on before the verdict: a consumer must not publish them before the iteration has ended.
 *
 * @throws {@link ContentError} `TRAILING_DATA` at the first byte too many, `SIZE_MISMATCH` at an early end,
 * `DIGEST_MISMATCH` at the end.
 */
export async function* verified(
  stream: ByteStream,
  expected: { readonly size: number; readonly digest: Digest },
): AsyncGenerator<Uint8Array, void, undefined> {
  const algorithm = digestAlgorithm(expected.digest);
  const hash = createHash(algorithm);
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > expected.size) {
      throw new ContentError("TRAILING_DATA", `${expected.digest} is longer than the expected ${expected.size} bytes`);
    }
    hash.update(chunk);
    yield chunk;
  }
  if (size !== expected.size) {
    throw new ContentError("SIZE_MISMATCH", `${expected.digest} has ${size} bytes, expected ${expected.size}`);
  }
  const actual = sealDigest(algorithm, hash);
  if (actual !== expected.digest) {
    throw new ContentError("DIGEST_MISMATCH", `content has digest ${actual}, expected ${expected.digest}`);
  }
}
