import { type BlobSource, fileSource } from "../oci/source.ts";
import type { PackedArchive } from "./archive.ts";
import { ModelError } from "./errors.ts";
import { comparePaths, findCollision } from "./file-path.ts";
import type { HashedFile } from "./hash-pass.ts";
import { describeLayer } from "./layer.ts";
import { type FileKind, fileKinds } from "./media-types.ts";

/** A file of the model and where its bytes are. */
export interface ModelFile {
  readonly path: string;
  readonly kind: FileKind;
  /** Describes the file as a layer of its own, also when it travels in an archive. */
  readonly source: BlobSource;
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
  const alone: readonly ModelFile[] = loose.map((file) => modelFile(file, mtime));
  const members: readonly ModelFile[] = archives.flatMap(({ kind, members: each }) =>
    each.map((file) => new ArchivedFile(file, kind, mtime)),
  );
  const byPath = (a: { readonly path: string }, b: { readonly path: string }) => comparePaths(a.path, b.path);
  const named = [...alone, ...archives];
  const collision = findCollision([...named, ...members].sort(byPath).map(({ path }) => path));
  if (collision) throw new ModelError("CONFIG_INVALID", `${collision[1]} is the name of an archive that mreg makes`);
  const layers = fileKinds.flatMap((kind) => named.filter((each) => each.kind === kind).sort(byPath));
  return { files: [...alone, ...members].sort(byPath), layers: layers.map(({ source }) => source) };
}

/** One of thousands: what it would be as a layer is worked out when somebody asks. */
class ArchivedFile implements ModelFile {
  readonly kind: FileKind;
  readonly #file: HashedFile;
  readonly #mtime: string;

  constructor(file: HashedFile, kind: FileKind, mtime: string) {
    this.kind = kind;
    this.#file = file;
    this.#mtime = mtime;
  }

  get path(): string {
    return this.#file.path;
  }

  get source(): BlobSource {
    return modelFile({ ...this.#file, kind: this.kind }, this.#mtime).source;
  }
}

function modelFile(file: KindedFile, mtime: string): ModelFile {
  const isTested = file.header !== undefined;
  return {
    path: file.path,
    kind: file.kind,
    source: fileSource(describeLayer({ ...file, encoding: "raw", mtime, isTested }), file.location),
  };
}
