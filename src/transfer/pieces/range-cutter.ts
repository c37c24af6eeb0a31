import type { ByteRange } from "../../oci/content.ts";
import { type Cutter, pieceLimitBytes } from "./piece.ts";

/** Cuts at the edges of given ranges, and wherever a piece would become longer than {@link pieceLimitBytes}. */
export class RangeCutter implements Cutter {
  readonly #edges: readonly number[];
  #nextEdge = 0;
  #start = 0;
  #position = 0;

  /** @param ranges - in any order; they may touch, and edges of overlapping ones all count. */
  constructor(ranges: readonly ByteRange[]) {
    const edges = new Set(ranges.flatMap(({ start, end }) => [start, end]));
    edges.delete(0);
    this.#edges = [...edges].sort((a, b) => a - b);
  }

  next(chunk: Uint8Array, at: number): number {
    const edge = this.#edges[this.#nextEdge] ?? Number.POSITIVE_INFINITY;
    const end = Math.min(edge, this.#start + pieceLimitBytes);
    const available = chunk.length - at;
    if (end - this.#position > available) {
      this.#position += available;
      return -1;
    }
    const length = end - this.#position;
    this.#position = end;
    this.#start = end;
    if (end === edge) this.#nextEdge++;
    return at + length;
  }
}
