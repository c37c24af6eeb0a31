import type { ByteRange } from "../oci/content.ts";

/** Which bytes of a file are there. Ranges in it neither overlap nor touch. */
export class RangeSet {
  readonly #ranges: ByteRange[] = [];

  add({ start, end }: ByteRange): void {
    if (start >= end) return;
    const first = this.#firstEndingAt(start);
    let next = first;
    let merged = { start, end };
    for (let each = this.#ranges[next]; each && each.start <= end; each = this.#ranges[++next]) {
      merged = { start: Math.min(merged.start, each.start), end: Math.max(merged.end, each.end) };
    }
    this.#ranges.splice(first, next - first, merged);
  }

  /** Bytes from the start without a gap. */
  get frontier(): number {
    const first = this.#ranges[0];
    return first?.start === 0 ? first.end : 0;
  }

  /** Bytes altogether. */
  get size(): number {
    return this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** The gaps in the first `size` bytes, in order. */
  missing(size: number): readonly ByteRange[] {
    return this.missingIn({ start: 0, end: size });
  }

  /** The gaps in a range, in order. */
  missingIn({ start, end }: ByteRange): readonly ByteRange[] {
    const gaps: ByteRange[] = [];
    let at = start;
    for (let index = this.#firstEndingAt(start); at < end; index++) {
      const each = this.#ranges[index] ?? { start: end, end };
      if (each.start > at) gaps.push({ start: at, end: Math.min(each.start, end) });
      at = Math.max(at, each.end);
    }
    return gaps;
  }

  [Symbol.iterator](): Iterator<ByteRange> {
    return this.#ranges.values();
  }

  /** Index of the first range that ends at `position` or behind it. */
  #firstEndingAt(position: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle] as ByteRange).end < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
