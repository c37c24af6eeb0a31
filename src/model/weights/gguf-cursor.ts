import { decodeUtf8 } from "../../base/bytes.ts";
import { ggufHeaderLimitBytes } from "../limits.ts";
import type { RangeReader } from "./range-reader.ts";
import { unsafe } from "./tensor.ts";

/** First read; GGUF headers with a vocabulary take megabytes, so that each further read doubles. */
const firstReadBytes = 64 * 1024;
const largestReadBytes = 4 * 1024 * 1024;

/**
 * Walks through a GGUF header by reading ahead in bounded pieces.
 *
 * Lengths come from the file, so each is compared with what is left before anything is read or allocated.
 */
export class GgufCursor {
  readonly #read: RangeReader;
  readonly #limit: number;
  #buffer: Buffer = Buffer.alloc(0);
  #bufferStart = 0;
  #position = 0;
  #readBytes = firstReadBytes;
  bigEndian = false;

  constructor(read: RangeReader) {
    this.#read = read;
    this.#limit = Math.min(read.size, ggufHeaderLimitBytes);
  }

  get position(): number {
    return this.#position;
  }

  /** Tells whether the next `count` bytes are there without waiting; keeps loops over vocabularies fast. */
  has(count: number): boolean {
    const start = this.#position - this.#bufferStart;
    return start >= 0 && start + count <= this.#buffer.length;
  }

  /** Makes the next `count` bytes available. */
  async need(count: number): Promise<void> {
    if (this.has(count)) return;
    this.#checkLeft(count);
    const length = Math.min(Math.max(count, this.#readBytes), this.#limit - this.#position);
    const bytes = await this.#read.read(this.#position, length);
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bufferStart = this.#position;
    this.#readBytes = Math.min(this.#readBytes * 2, largestReadBytes);
  }

  /** Moves over bytes that nobody looks at. */
  skip(count: number): void {
    this.#checkLeft(count);
    this.#position += count;
  }

  /** The next bytes, valid until the cursor reads again; {@link need} must have been called for them. */
  take(count: number): Buffer {
    const start = this.#position - this.#bufferStart;
    this.#position += count;
    return this.#buffer.subarray(start, start + count);
  }

  async u32(): Promise<number> {
    await this.need(4);
    const bytes = this.take(4);
    return this.bigEndian ? bytes.readUInt32BE() : bytes.readUInt32LE();
  }

  async u64(what: string): Promise<number> {
    await this.need(8);
    return this.takeU64(what);
  }

  /** Like {@link u64}, for callers that have made sure of eight bytes. */
  takeU64(what: string): number {
    const bytes = this.take(8);
    const value = this.bigEndian ? bytes.readBigUInt64BE() : bytes.readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw unsafe(`${what} is ${value}, which no file can hold`);
    return Number(value);
  }

  /** @param limitBytes - the longest string the caller wants to hold. */
  async string(what: string, limitBytes: number): Promise<string> {
    const length = await this.u64(`length of ${what}`);
    if (length > limitBytes) throw unsafe(`${what} has ${length} bytes, expected at most ${limitBytes}`);
    await this.need(length);
    try {
      return decodeUtf8(this.take(length));
    } catch (cause) {
      throw unsafe(`${what} is not valid UTF-8`, cause);
    }
  }

  #checkLeft(count: number): void {
    if (count <= this.#limit - this.#position) return;
    const end = this.#limit < this.#read.size ? `expected at most ${this.#limit}` : `the file has ${this.#limit}`;
    throw unsafe(`its header goes on to byte ${this.#position + count}, but ${end}`);
  }
}
