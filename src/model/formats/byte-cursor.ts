import type { RangeReader } from "../weights/range-reader.ts";

/** What is read at once; a pickle of gigabytes is walked through in pieces of this length. */
const blockBytes = 1024 * 1024;

/** A place in content of any length that is walked through from one end to the other, in bounded pieces. */
export class ByteCursor {
  readonly #read: RangeReader;
  readonly #blockBytes: number;
  /** First byte that no longer belongs to what is walked through. */
  readonly end: number;
  #buffer: Buffer = Buffer.alloc(0);
  #bufferStart = 0;
  position: number;

  /**
   * @param part - where to begin and end; all of the content when absent.
   * @param part.blockBytes - what is read at once; less where most is skipped.
   */
  constructor(
    read: RangeReader,
    part: { readonly start?: number; readonly end?: number; readonly blockBytes?: number } = {},
  ) {
    const { start = 0, end = read.size } = part;
    this.#read = read;
    this.#blockBytes = part.blockBytes ?? blockBytes;
    this.position = start;
    this.end = Math.min(end, read.size);
  }

  /** Bytes up to the end. Negative when a declared length has led beyond it. */
  get left(): number {
    return this.end - this.position;
  }

  /** Bytes that can be taken without waiting. */
  get ready(): number {
    const start = this.position - this.#bufferStart;
    return start < 0 ? 0 : Math.max(0, Math.min(this.#buffer.length - start, this.left));
  }

  /** Tells whether the next `count` bytes, or all that are left, can be taken without waiting. */
  has(count: number): boolean {
    return this.ready >= Math.min(count, this.left);
  }

  /** Makes the next `count` bytes ready, or all that are left. */
  async fill(count: number): Promise<void> {
    if (this.has(count)) return;
    const length = Math.min(Math.max(count, this.#blockBytes), this.left);
    const bytes = await this.#read.read(this.position, length);
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bufferStart = this.position;
  }

  /** The next bytes that are ready, at most `count`, without moving over them; valid until the next {@link fill}. */
  peek(count: number): Buffer {
    const start = this.position - this.#bufferStart;
    return this.#buffer.subarray(start, start + Math.min(count, this.ready));
  }

  /** What holds the bytes that are ready, from {@link sourceStart} on; valid until the next {@link fill}. */
  get source(): Buffer {
    return this.#buffer;
  }

  get sourceStart(): number {
    return this.position - this.#bufferStart;
  }

  /** The next bytes, which must be ready. */
  take(count: number): Buffer {
    const bytes = this.peek(count);
    this.position += count;
    return bytes;
  }
}
