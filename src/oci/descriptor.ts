import { type Digest, digestOf } from "../base/digest.ts";
import { sortedRecord } from "../base/json.ts";
import { countAt, objectAt, optionalAt, textAt, textsAt, unexpected } from "../base/shape.ts";
import { isDigest } from "./digest.ts";

/** RFC 6838 `type/subtype` without parameters, as oras-go demands of media types and artifact types. */
export const mediaTypePattern = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

/**
 * What content is: type, length in bytes, digest.
 *
 * Unknown fields (`urls`, `platform`, `data`, vendors' own) survive a round trip and are never acted upon.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md}
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Record<string, string> | undefined;
  readonly artifactType?: string | undefined;
  readonly [unknown: string]: unknown;
}

const mediaType = { regex: mediaTypePattern, name: "a media type" };

/**
 * Reads a descriptor in a document.
 *
 * @param at - where it is, for the error.
 * @throws TypeError that says what is wrong with it.
 */
export function descriptorAt(value: unknown, at: string): Descriptor {
  const fields = objectAt(value, at);
  textAt(fields["mediaType"], `${at}.mediaType`, mediaType);
  const digest = textAt(fields["digest"], `${at}.digest`);
  if (!isDigest(digest)) throw unexpected(digest, `${at}.digest`, "a sha256 or sha512 digest");
  countAt(fields["size"], `${at}.size`);
  optionalAt(fields["annotations"], `${at}.annotations`, textsAt);
  optionalAt(fields["artifactType"], `${at}.artifactType`, textAt);
  return fields as Descriptor;
}

/** Describes bytes held in memory. */
export function describe(mediaType: string, bytes: Uint8Array, annotations?: Record<string, string>): Descriptor {
  return {
    mediaType,
    digest: digestOf(bytes),
    size: bytes.byteLength,
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations: sortedRecord(annotations) } : {}),
  };
}

/** The three fields that identify content, as they appear in a `subject`. */
export function identity({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
