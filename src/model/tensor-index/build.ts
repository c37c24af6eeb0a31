import { type Digest, digestHex } from "../../base/digest.ts";
import { contentPieceSize, type Piece, type Split } from "../../transfer/pieces/index.ts";
import { comparePaths } from "../file-path.ts";
import { tensorIndexEntryLimit, tensorIndexLimitBytes } from "../limits.ts";
import { tensorIndexType } from "../media-types.ts";
import type { Tensor, WeightsHeader } from "../weights/tensor.ts";
import { weightsFormat } from "../weights/weights-format.ts";
import type { IndexEntry, IndexedFile, TensorIndex } from "./document.ts";

/** Files below this are not worth an entry: fetching one costs about what looking for its pieces does. */
export const indexedFileBytes = 1024 * 1024;

/** Models whose safetensors have less together get an index only when asked for one. */
export const indexedModelBytes = 64 * 1024 * 1024;

/**
 * `auto`: safetensors, of models that have more than 64 MiB of them; `always`: other files, too, which are cut by
 * content.
 */
export type IndexChoice = "auto" | "always" | "never";

/** Chooses the files of a model that an index is to describe. Sizes are bytes. */
export function filesToIndex<File extends { readonly path: string; readonly size: number }>(
  choice: IndexChoice,
  files: readonly File[],
): readonly File[] {
  if (choice === "never") return [];
  const large = files.filter(({ size }) => size >= indexedFileBytes);
  if (choice === "always") return large;
  const cheap = large.filter(({ path }) => weightsFormat(path) === "safetensors");
  return cheap.reduce((sum, { size }) => sum + size, 0) > indexedModelBytes ? cheap : [];
}

/**
 * Says how a file is cut for the index: safetensors at their tensors, everything else by content.
 *
 * @param size - of the file in bytes.
 * @returns undefined for files that are not worth it.
 */
export function indexSplit(size: number, header: WeightsHeader | undefined): Split | undefined {
  if (size < indexedFileBytes) return undefined;
  if (header?.format !== "safetensors") return { kind: "content", size: contentPieceSize(size) };
  const ranges = header.tensors.map(({ offset, bytes }) => ({ start: offset, end: offset + bytes }));
  return { kind: "ranges", ranges };
}

/** A file that was cut by {@link indexSplit}, and what came of it. */
export interface CutFile {
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly header?: WeightsHeader | undefined;
  readonly pieces: readonly Piece[];
}

/**
 * Makes the index of a model. Equal files give equal bytes.
 *
 * @returns undefined when there is nothing to index, or more than a reader would take.
 */
export function buildTensorIndex(files: readonly IndexedFile[]): TensorIndex | undefined {
  const entries = files.reduce((sum, file) => sum + file.entries.length, 0);
  if (entries === 0 || entries > tensorIndexEntryLimit) return undefined;
  const sorted = files.toSorted((a, b) => comparePaths(a.path, b.path));
  const index: TensorIndex = { schemaVersion: 1, mediaType: tensorIndexType, files: sorted };
  return encodeTensorIndex(index).byteLength > tensorIndexLimitBytes ? undefined : index;
}

/** The bytes that are stored: the fields in the order of the schema, nothing between them. */
export function encodeTensorIndex(index: TensorIndex): Uint8Array {
  return Buffer.from(JSON.stringify(index));
}

/** Describes a file by its pieces. */
export function describeCutFile({ path, digest, size, header, pieces }: CutFile): IndexedFile {
  const split = indexSplit(size, header);
  if (split?.kind === "content") {
    return { path, digest, size, contentSize: split.size, entries: pieces.map(describePiece) };
  }
  return { path, digest, size, entries: describeTensors(pieces, header?.tensors ?? []) };
}

function describePiece({ start, end, digest }: Piece): IndexEntry {
  return { offset: start, length: end - start, sha256: digestHex(digest) };
}

function describeTensors(pieces: readonly Piece[], tensors: readonly Tensor[]): readonly IndexEntry[] {
  // Tensors without elements have no bytes, and their offset is another one's.
  const byOffset = new Map(tensors.filter(({ bytes }) => bytes > 0).map((tensor) => [tensor.offset, tensor]));
  let current: Tensor | undefined;
  let part = 0;
  return pieces.map((piece) => {
    const tensor = byOffset.get(piece.start);
    if (tensor) {
      current = tensor;
      part = 1;
      const { name, dtype, shape } = tensor;
      return { ...describePiece(piece), name, dtype, shape: [...shape] };
    }
    const goesOn = current && piece.start < current.offset + current.bytes;
    return goesOn ? { ...describePiece(piece), part: ++part } : describePiece(piece);
  });
}
