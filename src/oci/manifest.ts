import { type Digest, digestOf } from "../base/digest.ts";
import { ContentError } from "../base/errors.ts";
import { parseStrictJson } from "../base/json.ts";
import { manifestLimitBytes } from "../base/limits.ts";
import { arrayAt, constantAt, objectAt, optionalAt, textAt, textsAt } from "../base/shape.ts";
import { type Descriptor, descriptorAt } from "./descriptor.ts";
import { InvalidInputError } from "./errors.ts";
import { isIndexType, isManifestType, mediaTypes } from "./media-types.ts";

/** What manifests and indexes have in common. Unknown fields survive a round trip. */
interface ManifestFields {
  readonly schemaVersion: 2;
  readonly mediaType?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Record<string, string> | undefined;
  readonly [unknown: string]: unknown;
}

/** @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md} */
export interface ImageManifest extends ManifestFields {
  readonly config: Descriptor;
  readonly layers: Descriptor[];
}

/** @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md} */
export interface ImageIndex extends ManifestFields {
  readonly manifests: Descriptor[];
}

/** Reads an image manifest. @throws TypeError that says what is wrong with it. */
export function imageManifestAt(value: unknown): ImageManifest {
  const fields = manifestFieldsAt(value);
  descriptorAt(fields["config"], "config");
  arrayAt(fields["layers"], "layers", descriptorAt);
  return fields as ImageManifest;
}

/** Reads an image index. @throws TypeError that says what is wrong with it. */
export function imageIndexAt(value: unknown): ImageIndex {
  const fields = manifestFieldsAt(value);
  arrayAt(fields["manifests"], "manifests", descriptorAt);
  return fields as ImageIndex;
}

function manifestFieldsAt(value: unknown): ManifestFields {
  const fields = objectAt(value, "");
  constantAt(fields["schemaVersion"], "schemaVersion", 2);
  optionalAt(fields["mediaType"], "mediaType", textAt);
  optionalAt(fields["artifactType"], "artifactType", textAt);
  optionalAt(fields["subject"], "subject", descriptorAt);
  optionalAt(fields["annotations"], "annotations", textsAt);
  return fields as unknown as ManifestFields;
}

/** A manifest with the bytes its digest was computed over; nothing ever re-serialises `value`. */
export type Manifest =
  | { readonly kind: "image"; readonly raw: Uint8Array; readonly descriptor: Descriptor; readonly value: ImageManifest }
  | { readonly kind: "index"; readonly raw: Uint8Array; readonly descriptor: Descriptor; readonly value: ImageIndex };

/**
 * Parses the bytes of a manifest or index.
 *
 * @param mediaType - what the bytes were declared to be; a different `mediaType` inside is refused, because two readers
 * that trust different ones would see two documents (image-spec v1.1.1, manifest.md, "mediaType").
 * @param digest - the digest the caller has verified `raw` against, which may be sha512; default: its sha256.
 * @throws {@link InvalidInputError} `INVALID_MANIFEST`.
 * @throws {@link ContentError} `LIMIT_EXCEEDED` above 4 MiB.
 */
export function parseManifest(raw: Uint8Array, mediaType: string, digest: Digest = digestOf(raw)): Manifest {
  checkManifestSize(raw.byteLength);
  if (!isManifestType(mediaType)) throw invalid(`media type ${mediaType} is not a manifest`);
  const kind = isIndexType(mediaType) ? "index" : "image";
  const value = parseFields<ImageIndex | ImageManifest>(raw, kind === "index" ? imageIndexAt : imageManifestAt);
  if (value.mediaType !== undefined && value.mediaType !== mediaType) {
    throw invalid(`its mediaType field says ${value.mediaType}, but it was served as ${mediaType}`);
  }
  const descriptor = { mediaType, digest, size: raw.byteLength, ...referrerFields(value) };
  return { kind, raw, descriptor, value } as Manifest;
}

function parseFields<T>(raw: Uint8Array, read: (json: unknown) => T): T {
  try {
    return read(parseStrictJson(raw));
  } catch (cause) {
    throw invalid((cause as Error).message, cause);
  }
}

/**
 * Refuses a manifest longer than registries accept.
 *
 * @throws {@link ContentError} `LIMIT_EXCEEDED`.
 */
export function checkManifestSize(size: number): void {
  if (size > manifestLimitBytes) {
    throw new ContentError("LIMIT_EXCEEDED", `manifest has ${size} bytes, expected at most ${manifestLimitBytes}`);
  }
}

/**
 * The fields a referrers list carries for a manifest: its artifact type, or its config's type, and all annotations.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers}
 */
function referrerFields(value: ImageManifest | ImageIndex): Partial<Descriptor> {
  const config = "config" in value ? (value as ImageManifest).config.mediaType : undefined;
  const artifactType = value.artifactType ?? (config === mediaTypes.emptyJson ? undefined : config);
  return {
    ...(artifactType ? { artifactType } : {}),
    ...(value.annotations ? { annotations: value.annotations } : {}),
  };
}

function invalid(reason: string, cause?: unknown): InvalidInputError {
  // The reason may repeat hostile text: a key that is there twice has any length.
  return new InvalidInputError("INVALID_MANIFEST", `invalid manifest: ${reason.slice(0, 1_000)}`, { cause });
}
