import { z } from "zod";
import { type Digest, digestOf } from "../base/digest.ts";
import { sortedRecord } from "../base/json.ts";
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
export const Descriptor = z.looseObject({
  mediaType: z.string().regex(mediaTypePattern),
  digest: z.custom<Digest>((value) => typeof value === "string" && isDigest(value), "not a sha256 or sha512 digest"),
  size: z.int().min(0),
  annotations: z.record(z.string(), z.string()).optional(),
  artifactType: z.string().optional(),
});

export type Descriptor = Readonly<z.infer<typeof Descriptor>>;

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
