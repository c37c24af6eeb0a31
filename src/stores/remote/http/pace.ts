import { slowestBytesPerSecond } from "../limits.ts";

/**
 * Notices a body that never stalls and never gets anywhere: a byte now and then keeps a connection, a file handle and a
 * CI job busy for years (slow loris).
 *
 * Only time spent waiting for the other side counts; a reader that takes its time does not make a sender slow.
 */
export class Pace {
  readonly #windowMs: number;
  #waitedMs = 0;
  #bytes = 0;

  /** @param windowMs - waiting time over which the pace is judged; a body that ends within it is never too slow. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Takes in one chunk. @returns what is wrong when the window is over and brought too little. */
  problem(waitedMs: number, bytes: number): string | undefined {
    this.#waitedMs += waitedMs;
    this.#bytes += bytes;
    if (this.#waitedMs < this.#windowMs) return undefined;
    const expected = Math.ceil((slowestBytesPerSecond * this.#waitedMs) / 1_000);
    const isSlow = this.#bytes < expected;
    const problem = `only ${this.#bytes} bytes came in ${Math.round(this.#waitedMs)} ms, expected at least ${expected}`;
    this.#waitedMs = 0;
    this.#bytes = 0;
    return isSlow ? problem : undefined;
  }
}
