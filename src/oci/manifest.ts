import { z } from "zod";
import { type Digest, digestOf } from "../base/digest.ts";
import { ContentError } from "../base/errors.ts";
import { parseStrictJson } from "../base/json.ts";
import { manifestLimitBytes } from "../base/limits.ts";
import { Descriptor } from "./descriptor.ts";
import { InvalidInputError } from "./errors.ts";
import { isIndexType, isManifestType, mediaTypes } from "./media-types.ts";

const annotations = z.record(z.string(), z.string());

/** @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md} */
export const ImageManifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor),
  subject: Descriptor.optional(),
  annotations: annotations.optional(),
});
export type ImageManifest = Readonly<z.infer<typeof ImageManifest>>;

/** @see {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md} */
export const ImageIndex = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  manifests: z.array(Descriptor),
  subject: Descriptor.optional(),
  annotations: annotations.optional(),
});
export type ImageIndex = Readonly<z.infer<typeof ImageIndex>>;

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
  let json: unknown;
  try {
    json = parseStrictJson(raw);
  } catch (cause) {
    throw invalid((cause as Error).message, cause);
  }
  const kind = isIndexType(mediaType) ? "index" : "image";
  const parsed = (kind === "index" ? ImageIndex : ImageManifest).safeParse(json);
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error), parsed.error);
  const declared = parsed.data.mediaType;
  if (declared !== undefined && declared !== mediaType) {
    throw invalid(`its mediaType field says ${declared}, but it was served as ${mediaType}`);
  }
  const descriptor = { mediaType, digest, size: raw.byteLength, ...referrerFields(parsed.data) };
  return { kind, raw, descriptor, value: parsed.data } as Manifest;
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
  // The reason repeats hostile text, and a manifest can have a fault in each of 40,000 descriptors.
  return new InvalidInputError("INVALID_MANIFEST", `invalid manifest: ${reason.slice(0, 1_000)}`, { cause });
}
