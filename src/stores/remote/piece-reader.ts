import { createHash } from "node:crypto";
import type { ByteStream } from "../../base/bytes.ts";
import { type Digest, digestAlgorithm, sealDigest } from "../../base/digest.ts";
import { ContentError } from "../../base/errors.ts";
import type { BlobSource } from "../../oci/source.ts";

/** A source opened at some offset, and how far it has been read. */
interface Cursor {
  readonly chunks: AsyncIterator<Uint8Array>;
  /** Read from the source and not handed out. */
  rest: Uint8Array;
  /** Offset of `rest` in the content. */
  at: number;
}

/**
 * Reads content piece by piece for one upload, and verifies it as it passes.
 *
 * Pieces that follow on come from one reading of the source; for any other offset it is opened again there. Each byte
 * is hashed once, the first time it is read: what is read again after an interruption is only sent again.
 */
export class PieceReader {
  readonly #source: BlobSource;
  readonly #hash;
  #digest: Digest | undefined;
  #hashed = 0;
  #cursor: Cursor | undefined;

  constructor(source: BlobSource) {
    this.#source = source;
    this.#hash = createHash(digestAlgorithm(source.descriptor.digest));
  }

  /** Bytes from the start that have been read so far. */
  get seen(): number {
    return this.#hashed;
  }

  /**
   * Reads the bytes from `start` up to `end`. Those before that were never read are read and hashed first, and not
   * handed out.
   *
   * Handed out one chunk late, so that the last one leaves only after the verdict over the whole content: sending it
   * before would complete the request.
   *
   * @throws {@link ContentError} `SIZE_MISMATCH` at an early end; with the last piece also `TRAILING_DATA` and
   * `DIGEST_MISMATCH`.
   */
  async *read(start: number, end: number): ByteStream {
    if (start > this.#hashed) await this.#passOver(start);
    const cursor = this.#at(start);
    let held: Uint8Array | undefined;
    let isComplete = false;
    try {
      while (cursor.at < end) {
        const piece = await this.#take(cursor, end);
        if (held) yield held;
        held = piece;
      }
      if (end === this.#source.descriptor.size) await this.#conclude(cursor);
      if (held) yield held;
      isComplete = true;
    } finally {
      if (!isComplete) this.#drop(cursor);
    }
  }

  /** Lets go of the source. Not awaited: one in the middle of a read closes when that read ends. */
  close(): void {
    if (this.#cursor) this.#drop(this.#cursor);
  }

  async #passOver(end: number): Promise<void> {
    const cursor = this.#at(this.#hashed);
    while (cursor.at < end) await this.#take(cursor, end);
  }

  #at(start: number): Cursor {
    if (this.#cursor?.at === start) return this.#cursor;
    this.close();
    // Lent chunks will do: at most one is held while the next is asked for.
    const content = this.#source.lend?.(start) ?? this.#source.open(start);
    const chunks = content[Symbol.asyncIterator]();
    this.#cursor = { chunks, rest: new Uint8Array(), at: start };
    return this.#cursor;
  }

  async #take(cursor: Cursor, end: number): Promise<Uint8Array> {
    const { digest, size } = this.#source.descriptor;
    if (!(await fill(cursor))) {
      throw new ContentError("SIZE_MISMATCH", `${digest} has ${cursor.at} bytes, expected ${size}`);
    }
    const taken = cursor.rest.subarray(0, end - cursor.at);
    const isNew = taken.subarray(Math.max(0, this.#hashed - cursor.at));
    if (isNew.byteLength > 0) this.#hash.update(isNew);
    this.#hashed += isNew.byteLength;
    cursor.rest = cursor.rest.subarray(taken.byteLength);
    cursor.at += taken.byteLength;
    return taken;
  }

  async #conclude(cursor: Cursor): Promise<void> {
    const { digest, size } = this.#source.descriptor;
    if (await fill(cursor)) {
      throw new ContentError("TRAILING_DATA", `${digest} is longer than the expected ${size} bytes`);
    }
    this.#digest ??= sealDigest(digestAlgorithm(digest), this.#hash);
    if (this.#digest === digest) return;
    throw new ContentError("DIGEST_MISMATCH", `content has digest ${this.#digest}, expected ${digest}`);
  }

  #drop(cursor: Cursor): void {
    if (this.#cursor === cursor) this.#cursor = undefined;
    void cursor.chunks.return?.().catch(() => {});
  }
}

/** Has bytes at hand; false at the end of the source. */
async function fill(cursor: Cursor): Promise<boolean> {
  while (cursor.rest.byteLength === 0) {
    const next = await cursor.chunks.next();
    if (next.done) return false;
    cursor.rest = next.value;
  }
  return true;
}
