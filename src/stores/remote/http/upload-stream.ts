import type { ByteStream } from "../../../base/bytes.ts";

/** Pieces this long keep the stall timer honest: a source may yield a gigabyte at once, a slow line takes its time. */
const pieceLimitBytes = 1024 * 1024;

/** The body of an upload: reports each piece it hands out, and remembers it when the source itself fails. */
export class UploadStream implements AsyncIterable<Uint8Array> {
  readonly #pieces: AsyncGenerator<Uint8Array>;
  /** Set when the source threw; the network is not to blame then. */
  failure: { readonly error: unknown } | undefined;

  /** @param report - `piece` before each piece, `end` after the last was taken. */
  constructor(source: ByteStream, report: (moment: "piece" | "end") => void) {
    this.#pieces = this.#read(source, report);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#pieces;
  }

  /**
   * Closes the source. Safe at any time, also when it was never read.
   *
   * Not awaited: a source in the middle of a read closes when that read ends, which must not hold up an abort.
   */
  stop(): void {
    void this.#pieces.return(undefined).catch(() => {});
  }

  async *#read(source: ByteStream, report: (moment: "piece" | "end") => void): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        for (let at = 0; at < chunk.byteLength; at += pieceLimitBytes) {
          report("piece");
          yield chunk.subarray(at, at + pieceLimitBytes);
        }
      }
      report("end");
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}
