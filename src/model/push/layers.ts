import type { Digest } from "../../base/digest.ts";
import { type BlobSource, fileSource } from "../../oci/source.ts";
import type { PackedArchive } from "../archive/archive.ts";
import { ModelError } from "../errors.ts";
import { comparePaths, findCollision } from "../file-path.ts";
import { type FileKind, fileKinds } from "../media-types.ts";
import type { HashedFile } from "./hash-pass.ts";
import { describeLayer } from "./layer.ts";

/** A file of the model, alone in its layer or in an archive. */
export interface ModelFile {
  readonly path: string;
  readonly kind: FileKind;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface PackedFiles {
  /** Sorted by path. */
  readonly files: readonly ModelFile[];
  /** In the manifest's order: by kind, then by path. */
  readonly layers: readonly BlobSource[];
}

/** A file whose kind is known. */
export interface KindedFile extends HashedFile {
  readonly kind: FileKind;
}

/**
 * Makes the layers: one file each, and the archives.
 *
 * @param loose - files that are in no archive.
 * @param mtime - RFC 3339, for all files.
 * @throws {@link ModelError} `CONFIG_INVALID` when a file has the name of an archive.
 */
export function packLayers(
  loose: readonly KindedFile[],
  archives: readonly PackedArchive[],
  mtime: string,
): PackedFiles {
  const alone = loose.map((file) => ({ path: file.path, kind: file.kind, source: layerSource(file, mtime) }));
  const members = archives.flatMap(({ kind, members: each }) => each.map((file) => modelFile({ ...file, kind })));
  const byPath = (a: { readonly path: string }, b: { readonly path: string }) => comparePaths(a.path, b.path);
  const named = [...alone, ...archives];
  const collision = findCollision([...named, ...members].sort(byPath).map(({ path }) => path));
  if (collision) throw new ModelError("CONFIG_INVALID", `${collision[1]} is the name of an archive that mreg makes`);
  const layers = fileKinds.flatMap((kind) => named.filter((each) => each.kind === kind).sort(byPath));
  const files = [...loose.map(modelFile), ...members].sort(byPath);
  return { files, layers: layers.map(({ source }) => source) };
}

function modelFile({ path, kind, digest, size }: KindedFile): ModelFile {
  return { path, kind, digest, size };
}

function layerSource(file: KindedFile, mtime: string): BlobSource {
  const isTested = file.header !== undefined;
  return fileSource(describeLayer({ ...file, encoding: "raw", mtime, isTested }), file.location);
}
