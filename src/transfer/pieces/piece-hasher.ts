import { createHash, type Hash } from "node:crypto";
import { sealDigest } from "../../base/digest.ts";
import { ContentCutter } from "./content-cutter.ts";
import type { Cutter, Piece, Split } from "./piece.ts";
import { RangeCutter } from "./range-cutter.ts";

/**
 * Cuts a file into pieces and computes the SHA-256 of each, while the file passes by.
 *
 * The pieces depend on the content and the split alone, never on how the chunks fall.
 */
export class PieceHasher {
  readonly #cutter: Cutter;
  readonly #pieces: Piece[] = [];
  #hash: Hash | undefined;
  #start = 0;
  #position = 0;

  /** @throws RangeError for a split by content whose size is not one of `contentPieceRange`. */
  constructor(split: Split) {
    this.#cutter = split.kind === "ranges" ? new RangeCutter(split.ranges) : new ContentCutter(split.size);
  }

  /** Takes the next bytes of the file; the caller may reuse the chunk afterwards. */
  update(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      const end = this.#cutter.next(chunk, at);
      const taken = chunk.subarray(at, end < 0 ? chunk.length : end);
      this.#hash ??= createHash("sha256");
      this.#hash.update(taken);
      this.#position += taken.length;
      if (end >= 0) this.#close();
      at += taken.length;
    }
  }

  /**
   * Ends the last piece. @returns pieces that cover everything that passed by, in its order; none for an empty file.
   */
  end(): readonly Piece[] {
    if (this.#hash) this.#close();
    return this.#pieces;
  }

  #close(): void {
    if (!this.#hash) return;
    this.#pieces.push({ start: this.#start, end: this.#position, digest: sealDigest("sha256", this.#hash) });
    this.#hash = undefined;
    this.#start = this.#position;
  }
}
