import type { Digest } from "../base/digest.ts";
import { InvalidInputError } from "./errors.ts";

const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Tells whether `text` is a digest mreg can verify: sha256 or sha512, in lower-case hex of the right length. */
export function isDigest(text: string): text is Digest {
  return digestPattern.test(text);
}

/**
 * Accepts a digest from outside.
 *
 * @throws {@link InvalidInputError} `INVALID_DIGEST`, also for algorithms that are well-formed but not verifiable here.
 * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests}
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new InvalidInputError(
    "INVALID_DIGEST",
    `${JSON.stringify(text.slice(0, 200))} is not a digest, expected sha256:<64 lower-case hex> or sha512:<128>`,
  );
}
