import { setTimeout as sleep } from "node:timers/promises";
import type { ByteStream } from "../../../base/bytes.ts";

/** Pieces this long keep the stall timer honest: a source may yield a gigabyte at once, a slow line takes its time. */
const pieceLimitBytes = 1024 * 1024;

/** Longer bodies may be refused for their length. No proxy is known to have a lower limit than nginx, as it comes. */
const longBodyBytes = 1024 * 1024;

/** How much of a long body goes out before the pause, and how long that is: nothing beside the time of the rest. */
const firstPieceBytes = 64 * 1024;
const firstPauseMs = 10;

export interface SizedStream {
  /** Bytes. */
  readonly size: number;
  readonly stream: ByteStream;
}

/** The body of an upload: reports each piece it hands out, and remembers it when the source itself fails. */
export class UploadStream implements AsyncIterable<Uint8Array> {
  readonly #pieces: AsyncGenerator<Uint8Array>;
  /** Set when the source threw; the network is not to blame then. */
  failure: { readonly error: unknown } | undefined;

  /** @param report - `piece` before each piece, `end` after the last was taken. */
  constructor({ size, stream }: SizedStream, report: (moment: "piece" | "end") => void) {
    this.#pieces = this.#read(size > longBodyBytes ? haltingly(stream) : stream, report);
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

/**
 * Gives the other side a moment after the first bytes: a proxy that refuses a body for its length says so after the
 * headers and may hang up, and its answer is lost when our next write fails before we have read it.
 */
async function* haltingly(stream: ByteStream): ByteStream {
  let isFirst = true;
  for await (const chunk of stream) {
    if (!isFirst) {
      yield chunk;
      continue;
    }
    isFirst = false;
    yield chunk.subarray(0, firstPieceBytes);
    await sleep(firstPauseMs);
    if (chunk.byteLength > firstPieceBytes) yield chunk.subarray(firstPieceBytes);
  }
}
