import type { Digest } from "../../base/digest.ts";
import { sortedRecord } from "../../base/json.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import { type FileKind, layerAnnotationKeys, layerMediaType } from "../media-types.ts";

/**
 * The time of every file unless the caller gave one. The files' own times would make digests differ between machines.
 */
export const epoch = "1970-01-01T00:00:00Z";

export interface LayerInput {
  /** In the model. */
  readonly path: string;
  readonly kind: FileKind;
  readonly encoding: "raw" | "tar";
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** RFC 3339. */
  readonly mtime: string;
  /** Whether the weights' header was read and found sound. */
  readonly isTested: boolean;
}

/**
 * Describes a layer so that oras and Podman (title), modctl, KitOps and CRI-O (filepath) find its path.
 *
 * Mode and owner are constants: umask and user must not leak into the digest.
 *
 * @see {@link https://github.com/modelpack/model-spec/blob/v0.0.7/docs/annotations.md}
 */
export function describeLayer(input: LayerInput): Descriptor {
  const { path, kind, encoding, digest, size, mtime } = input;
  // typeflag 0, as modctl writes a regular file; the order of keys is part of the digest.
  const metadata = { name: path, mode: 0o644, uid: 0, gid: 0, size, mtime, typeflag: 0 };
  return {
    mediaType: layerMediaType(kind, encoding),
    digest,
    size,
    annotations: sortedRecord({
      [annotationKeys.title]: path,
      [layerAnnotationKeys.filepath]: path,
      [layerAnnotationKeys.metadata]: JSON.stringify(metadata),
      [layerAnnotationKeys.untested]: String(!input.isTested),
    }),
  };
}
