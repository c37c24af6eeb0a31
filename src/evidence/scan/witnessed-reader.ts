import { createHash } from "node:crypto";
import { collect } from "../../base/bytes.ts";
import { ContentError } from "../../base/errors.ts";
import type { RangeReader } from "../../model/weights/range-reader.ts";
import type { CallOptions, Fetcher, RangeFetcher } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";

/** Content up to this length is read whole, once, and verified before anybody looks at it. */
const wholeBytes = 16 * 1024 * 1024;

const blockBytes = 1024 * 1024;

/** Blocks kept for reading again: those around a directory, and those around a member. */
const keptBlocks = 8;

/**
 * Random access to a blob for judges, whose verdict is about the digest and not about what a server said.
 *
 * Parts of a blob cannot be verified while they are read. So each block that is read is remembered by its hash, and
 * {@link confirm} reads the whole from its first byte to its last, verified, and compares: nothing that comes of these
 * bytes may be believed before it has returned.
 */
export class WitnessedReader implements RangeReader {
  readonly size: number;
  readonly #store: Fetcher & RangeFetcher;
  readonly #target: Descriptor;
  readonly #options: CallOptions;
  readonly #seen = new Map<number, Buffer>();
  readonly #kept = new Map<number, Uint8Array>();
  #whole: Promise<Uint8Array> | undefined;

  constructor(store: Fetcher & RangeFetcher, target: Descriptor, options: CallOptions) {
    this.size = target.size;
    this.#store = store;
    this.#target = target;
    this.#options = options;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length > this.size) {
      throw new ContentError("SIZE_MISMATCH", `content ended after ${this.size} of ${offset + length} bytes`);
    }
    if (this.size <= wholeBytes) return (await this.#readWhole()).subarray(offset, offset + length);
    const parts: Uint8Array[] = [];
    for (let at = offset; at < offset + length; ) {
      const index = Math.floor(at / blockBytes);
      const block = await this.#block(index);
      const start = at - index * blockBytes;
      const part = block.subarray(start, start + offset + length - at);
      parts.push(part);
      at += part.byteLength;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /**
   * Reads everything and compares it with what was read before.
   *
   * @throws {@link ContentError} `DIGEST_MISMATCH` when the content is not that of the digest, or parts of it were
   * others.
   */
  async confirm(): Promise<void> {
    if (this.size <= wholeBytes) return void (await this.#readWhole());
    let index = 0;
    let filled = 0;
    let hash = createHash("sha256");
    for await (const chunk of this.#store.fetch(this.#target, this.#options)) {
      for (let at = 0; at < chunk.byteLength; ) {
        const part = chunk.subarray(at, at + blockBytes - filled);
        if (this.#seen.has(index)) hash.update(part);
        at += part.byteLength;
        filled += part.byteLength;
        if (filled < blockBytes) continue;
        this.#compare(index, hash.digest());
        hash = createHash("sha256");
        index++;
        filled = 0;
      }
    }
    if (filled > 0) this.#compare(index, hash.digest());
  }

  #readWhole(): Promise<Uint8Array> {
    this.#whole ??= collect(this.#store.fetch(this.#target, this.#options), wholeBytes);
    return this.#whole;
  }

  async #block(index: number): Promise<Uint8Array> {
    const kept = this.#kept.get(index);
    if (kept) return kept;
    const start = index * blockBytes;
    const end = Math.min(start + blockBytes, this.size);
    const range = this.#store.fetchRange(this.#target, { start, end }, this.#options);
    const block = await collect(range, blockBytes);
    if (block.byteLength !== end - start) {
      throw new ContentError("SIZE_MISMATCH", `content ended after ${block.byteLength} of ${end - start} bytes`);
    }
    const digest = createHash("sha256").update(block).digest();
    this.#compare(index, digest);
    this.#seen.set(index, digest);
    for (const oldest of this.#kept.keys()) if (this.#kept.size >= keptBlocks) this.#kept.delete(oldest);
    this.#kept.set(index, block);
    return block;
  }

  #compare(index: number, digest: Buffer): void {
    if (this.#seen.get(index)?.equals(digest) === false) {
      const place = `${index * blockBytes} to ${(index + 1) * blockBytes}`;
      throw new ContentError("DIGEST_MISMATCH", `bytes ${place} of ${this.#target.digest} were others when first read`);
    }
  }
}
