import type { RangeReader } from "../weights/range-reader.ts";
import { unsafe } from "../weights/tensor.ts";

/** What is read at once: structures lie close together, and what is between them is tensors. */
const pageBytes = 16 * 1024;

/** Pages that are remembered: one mebibyte. */
const keptPages = 64;

/**
 * The longest structure that is asked for at once; they have some hundred bytes, and blocks of headers some thousand.
 */
const structureLimitBytes = 4 * 1024 * 1024;

/** What is read in all, however often structures lead back and forth: more than the structures of any model. */
const readLimitBytes = 512 * 1024 * 1024;

/** Reads small structures from all over some content, through pages that are remembered. */
export class PagedReader {
  readonly size: number;
  readonly #read: RangeReader;
  readonly #pages = new Map<number, Buffer>();
  #readBytes = 0;

  constructor(read: RangeReader) {
    this.#read = read;
    this.size = read.size;
  }

  /**
   * The bytes at a place; shared, and not to be changed.
   *
   * @param what - named in errors.
   * @throws {@link ModelError} `UNSAFE_FORMAT` when they lie beyond the end, or are more than a structure has.
   */
  async bytes(offset: number, length: number, what: string): Promise<Buffer> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw unsafe(`${what} lies at byte ${offset} with ${length} bytes, but the file has ${this.size}`);
    }
    if (length > structureLimitBytes)
      throw unsafe(`${what} has ${length} bytes, expected at most ${structureLimitBytes}`);
    const first = Math.floor(offset / pageBytes);
    const last = Math.floor((offset + Math.max(length, 1) - 1) / pageBytes);
    if (first === last) {
      const page = this.#pages.get(first) ?? (await this.#load(first));
      return page.subarray(offset - first * pageBytes, offset - first * pageBytes + length);
    }
    if (last - first < keptPages / 4) {
      const parts: Buffer[] = [];
      for (let index = first; index <= last; index++) parts.push(this.#pages.get(index) ?? (await this.#load(index)));
      return Buffer.concat(parts).subarray(offset - first * pageBytes, offset - first * pageBytes + length);
    }
    return this.#fetch(offset, length);
  }

  async #load(index: number): Promise<Buffer> {
    const start = index * pageBytes;
    const page = await this.#fetch(start, Math.min(pageBytes, this.size - start));
    for (const oldest of this.#pages.keys()) if (this.#pages.size >= keptPages) this.#pages.delete(oldest);
    this.#pages.set(index, page);
    return page;
  }

  async #fetch(start: number, length: number): Promise<Buffer> {
    this.#readBytes += length;
    if (this.#readBytes > readLimitBytes) throw unsafe("its structures lead back and forth without end");
    const bytes = await this.#read.read(start, length);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
