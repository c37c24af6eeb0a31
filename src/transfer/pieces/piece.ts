import type { Digest } from "../../base/digest.ts";
import type { ByteRange } from "../../oci/content.ts";

/** A stretch of a file with a digest of its own. The pieces of a file follow one another and cover it. */
export interface Piece extends ByteRange {
  readonly digest: Digest;
}

/** Bytes `start` to `end` of a file that is being fetched, and where they are on this machine. */
export interface LocalPiece extends ByteRange {
  /** Path of the local file. */
  readonly location: string;
  /** Its first byte that counts. */
  readonly offset: number;
}

/**
 * Where a file is cut into pieces.
 *
 * `ranges`: at the start and the end of each of them, such as the tensors of a weights file; what lies between them is
 * a piece, too, and nothing is longer than {@link pieceLimitBytes}. `content`: where the content itself says so, which
 * finds equal stretches again after something was inserted before them; `size` is the wanted mean length of a piece in
 * bytes, a power of two from {@link contentPieceRange}.
 */
export type Split =
  | { readonly kind: "ranges"; readonly ranges: readonly ByteRange[] }
  | { readonly kind: "content"; readonly size: number };

/** Finds the ends of pieces in a file that passes by in chunks. */
export interface Cutter {
  /**
   * Looks for the end of the present piece.
   *
   * @param at - index of the first byte of `chunk` that it has not seen.
   * @returns the index after the piece's last byte; -1 when the piece goes on behind the chunk.
   */
  next(chunk: Uint8Array, at: number): number;
}

/** Longest piece that ranges make: what a lost or wrong piece costs at most, and a 10 GiB tensor has 160 of them. */
export const pieceLimitBytes = 64 * 1024 * 1024;

/**
 * Mean lengths of content-defined pieces in bytes. Shorter ones make an index that weighs more than what it saves; of
 * longer ones a changed byte costs more than the limit of ranges would.
 */
export const contentPieceRange = { min: 64 * 1024, max: 16 * 1024 * 1024 } as const;

/** Pieces that a file is meant to have at most: an entry of the index takes some 120 bytes. */
const piecesPerFile = 4096;

/** The mean length of content-defined pieces for a file of so many bytes: 256 KiB for 1 GiB, 2 MiB for 8 GiB. */
export function contentPieceSize(fileBytes: number): number {
  let size: number = contentPieceRange.min;
  while (size < contentPieceRange.max && size * piecesPerFile < fileBytes) size *= 2;
  return size;
}
