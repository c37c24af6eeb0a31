import { z } from "zod";
import { mediaTypePattern } from "../../oci/descriptor.ts";
import { ContentDigest, DigestSet } from "./digest-set.ts";

/** RFC 3339 in UTC, as everything that mreg writes. */
export const Timestamp = z.iso.datetime();

/** RFC 3339 with any offset, as statements made by others have it. */
export const ForeignTimestamp = z.iso.datetime({ offset: true });

/** A name that a policy refers to: a model, a suite, a metric. One line, no control characters. */
export const Name = z.string().regex(/^[^\p{Cc}]{1,200}$/u);

/** A file that stands behind a statement; the evidence manifest holds it under the same digest. */
export const FileReference = z.strictObject({
  name: Name,
  mediaType: z.string().regex(mediaTypePattern),
  digest: ContentDigest,
});
export type FileReference = Readonly<z.infer<typeof FileReference>>;

/**
 * Anything that a statement speaks of. Unknown fields are carried, as the in-toto parsing rules demand.
 *
 * @see {@link https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/resource_descriptor.md}
 */
export const ResourceDescriptor = z.looseObject({
  name: z.string().optional(),
  uri: z.string().optional(),
  digest: DigestSet.optional(),
  mediaType: z.string().optional(),
  annotations: z.record(z.string(), z.json()).optional(),
});
export type ResourceDescriptor = z.infer<typeof ResourceDescriptor>;
