/** Calls back once when nothing has been reported for a while. Milliseconds throughout. */
export class Watchdog {
  readonly #bark: (waitedMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #limitMs = 0;

  constructor(bark: (waitedMs: number) => void) {
    this.#bark = bark;
  }

  /** Starts to wait anew; the cheap way when the limit stays the same, since it happens once per chunk. */
  arm(limitMs: number): void {
    if (this.#timer && limitMs === this.#limitMs) {
      this.#timer.refresh();
      return;
    }
    this.disarm();
    this.#limitMs = limitMs;
    this.#timer = setTimeout(() => this.#bark(limitMs), limitMs);
  }

  disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
