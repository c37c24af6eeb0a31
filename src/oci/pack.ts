import { sortedRecord } from "../base/json.ts";
import { type Descriptor, identity, mediaTypePattern } from "./descriptor.ts";
import { parseDigest } from "./digest.ts";
import { InvalidInputError } from "./errors.ts";
import { checkManifestSize, type ImageManifest, type Manifest, parseManifest } from "./manifest.ts";
import { mediaTypes } from "./media-types.ts";
import { type BlobSource, bytesSource } from "./source.ts";

/**
 * The two bytes `{}`: config of manifests that need none, layer of manifests that have none.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor}
 */
export const emptyJson: BlobSource = bytesSource(
  {
    mediaType: mediaTypes.emptyJson,
    // As the specification writes it; computed, it would load all of node:crypto into commands that hash nothing.
    digest: parseDigest("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
    size: 2,
  },
  Buffer.from("{}"),
);

export interface PackInput {
  /** RFC 6838 media type that says what the artifact is. */
  readonly artifactType: string;
  /** Default: the empty descriptor, whose blob the caller pushes ({@link emptyJson}). */
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Builds an OCI 1.1 image manifest with oras-go's field order, so that equal input gives equal bytes.
 *
 * Unlike oras-go it adds no `created` annotation: the digest of a model must not depend on the clock
 * (docs/decisions/002-deterministic-digests.md).
 *
 * @throws {@link InvalidInputError} `INVALID_DESCRIPTOR` when the artifact type is not a media type.
 * @throws {@link ContentError} `LIMIT_EXCEEDED` when the manifest would be longer than registries accept.
 */
export function packManifest(input: PackInput): Manifest & { readonly kind: "image" } {
  if (!mediaTypePattern.test(input.artifactType)) {
    throw new InvalidInputError(
      "INVALID_DESCRIPTOR",
      `artifact type ${JSON.stringify(input.artifactType)} is not a media type, expected type/subtype`,
    );
  }
  const annotations = input.annotations ?? {};
  const value: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.imageManifest,
    artifactType: input.artifactType,
    config: input.config ?? emptyJson.descriptor,
    layers: input.layers.length > 0 ? [...input.layers] : [emptyJson.descriptor],
    ...(input.subject ? { subject: identity(input.subject) } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations: sortedRecord(annotations) } : {}),
  };
  const raw = Buffer.from(JSON.stringify(value));
  checkManifestSize(raw.byteLength);
  return parseManifest(raw, mediaTypes.imageManifest) as Manifest & { readonly kind: "image" };
}

/** The source that pushes a manifest, byte for byte. */
export function manifestSource(manifest: Manifest): BlobSource {
  return bytesSource(manifest.descriptor, manifest.raw);
}
