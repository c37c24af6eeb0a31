/**
 * Calls back when nothing has been reported for a while. Milliseconds throughout.
 *
 * One timer serves a whole exchange: making one per chunk costs a gigabyte-long download more memory than the chunks.
 */
export class Watchdog {
  readonly #bark: (waitedMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #limitMs = 0;
  #isWaiting = false;
  #isStopped = false;

  constructor(bark: (waitedMs: number) => void) {
    this.#bark = bark;
  }

  /** Starts to wait anew. */
  arm(limitMs: number): void {
    // An answer may come before the last of a body is reported as sent: that must not keep the process waiting.
    if (this.#isStopped) return;
    this.#isWaiting = true;
    if (this.#timer && limitMs === this.#limitMs) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#limitMs = limitMs;
    this.#timer = setTimeout(() => {
      if (this.#isWaiting) this.#bark(limitMs);
    }, limitMs);
  }

  /** Nothing is expected until the next {@link arm}. */
  pause(): void {
    this.#isWaiting = false;
  }

  /** For good: the process may end. */
  stop(): void {
    this.#isStopped = true;
    this.#isWaiting = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
