import { type BlobSource, fileSource } from "../oci/source.ts";
import { ModelError } from "./errors.ts";
import { comparePaths, findCollision } from "./file-path.ts";
import type { HashedFile } from "./hash-pass.ts";
import { describeLayer } from "./layer.ts";
import { type FileKind, fileKinds } from "./media-types.ts";
import { hashStream, skipBytes, tarStream } from "./tar-layer.ts";

/** Above this many files of one kind, the small ones are gathered: registries charge per blob, and a manifest of 4 MiB ends. */
const rawFileLimit = 256;
/** What counts as small. */
const smallFileLimitBytes = 1024 * 1024;
/** Names that Harbor shows as tabs, if they are layers of their own. */
const shownByRegistries = /^(?:README|README\.md|LICENSE|LICENSE\.txt)$/;

/** A file of the model and where its bytes are. */
export interface ModelFile {
  readonly path: string;
  readonly kind: FileKind;
  /** Describes the file as a layer of its own, also when it travels in an archive. */
  readonly source: BlobSource;
}

export interface PackedFiles {
  readonly files: readonly ModelFile[];
  /** In the manifest's order: by kind, then by path. */
  readonly layers: readonly BlobSource[];
}

/** A file whose kind is known. */
export interface KindedFile extends HashedFile {
  readonly kind: FileKind;
}

/**
 * Makes the layers: one file each, except where one kind has hundreds of small files.
 *
 * Weights are never gathered: scans, range reads and image volumes need them as they are.
 *
 * @param files - sorted by path, as the walk gives them.
 * @param mtime - RFC 3339, for all files.
 * @throws {@link ModelError} `CONFIG_INVALID` when a file has the name of an archive.
 */
export async function packLayers(files: readonly KindedFile[], mtime: string): Promise<PackedFiles> {
  const modelFiles = files.map((file) => modelFile(file, mtime));
  const layers: { readonly path: string; readonly kind: FileKind; readonly source: BlobSource }[] = [];
  for (const kind of fileKinds) {
    const ofKind = modelFiles.filter((file) => file.kind === kind);
    const gathered = new Set(ofKind.length > rawFileLimit ? ofKind.filter(isGathered).map(({ path }) => path) : []);
    const inKind = ofKind.filter(({ path }) => !gathered.has(path));
    if (gathered.size > 0) {
      const members = files.filter(({ path }) => gathered.has(path));
      inKind.push(await archive(kind, members, mtime));
    }
    layers.push(...inKind.sort((a, b) => comparePaths(a.path, b.path)));
  }
  const collision = findCollision(layers.map(({ path }) => path));
  if (collision) throw new ModelError("CONFIG_INVALID", `${collision[1]} is the name of an archive that mreg makes`);
  return { files: modelFiles, layers: layers.map(({ source }) => source) };
}

function modelFile(file: KindedFile, mtime: string): ModelFile {
  const isTested = file.header !== undefined;
  return {
    path: file.path,
    kind: file.kind,
    source: fileSource(describeLayer({ ...file, encoding: "raw", mtime, isTested }), file.location),
  };
}

function isGathered({ path, kind, source }: ModelFile): boolean {
  return kind !== "weight" && source.descriptor.size < smallFileLimitBytes && !shownByRegistries.test(path);
}

async function archive(kind: FileKind, members: readonly KindedFile[], mtime: string): Promise<ModelFile> {
  const path = `${kind}.files.tar`;
  const content = await hashStream(tarStream(members, mtime));
  return {
    path,
    kind,
    source: {
      descriptor: describeLayer({ path, kind, encoding: "tar", ...content, mtime, isTested: false }),
      open: (offset = 0) => skipBytes(tarStream(members, mtime), offset),
    },
  };
}
