import type { ByteStream } from "../base/bytes.ts";
import { ContentError } from "../base/errors.ts";
import type { RangeReader } from "../model/range-reader.ts";

/**
 * Random access to the beginning of a stream, for parsers of headers, while the whole of it is read in order.
 *
 * Keeps what has been asked for and no more: the parsers' own limits bound it. Nothing that comes of these bytes may be
 * believed before {@link drain} has returned, because only then has the stream been compared with its digest.
 */
export class PrefixReader implements RangeReader {
  readonly size: number;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #kept: Buffer = Buffer.alloc(0);
  #length = 0;

  /** @param size - length of the whole stream in bytes, as its descriptor says. */
  constructor(stream: ByteStream, size: number) {
    this.size = size;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    while (this.#length < offset + length) {
      const next = await this.#chunks.next();
      if (next.done) {
        throw new ContentError("SIZE_MISMATCH", `content ended after ${this.#length} of ${offset + length} bytes`);
      }
      this.#keep(next.value);
    }
    return this.#kept.subarray(offset, offset + length);
  }

  /** Reads the rest and lets go of what was kept. @throws whatever the stream ends with. */
  async drain(): Promise<void> {
    this.#kept = Buffer.alloc(0);
    while (!(await this.#chunks.next()).done);
  }

  /** Closes the stream early, after a failure. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Doubles its buffer, so that many small chunks cost no more than few large ones. */
  #keep(chunk: Uint8Array): void {
    const end = this.#length + chunk.byteLength;
    if (end > this.#kept.byteLength) {
      const grown = Buffer.alloc(Math.min(Math.max(end, 2 * this.#kept.byteLength), Math.max(end, this.size)));
      this.#kept.copy(grown, 0, 0, this.#length);
      this.#kept = grown;
    }
    this.#kept.set(chunk, this.#length);
    this.#length = end;
  }
}
