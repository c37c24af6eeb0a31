/** Gives back what was taken; calling it again does nothing. */
export type Release = () => void;

interface Waiting {
  readonly amount: number;
  readonly enter: () => void;
}

/**
 * A quantity that work shares: connections, or bytes in memory. First come, first served, so that nothing large waits
 * for ever behind small ones.
 */
export class Budget {
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #free: number;

  /** @param limit - how much there is, in whatever unit the callers mean. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#free = limit;
  }

  /**
   * Takes part of the budget, when it is there and everybody who asked before has theirs.
   *
   * @param amount - more than there is counts as all of it: that work runs alone rather than never.
   * @throws the signal's reason when it is aborted before that; nothing is taken then.
   */
  acquire(amount: number, signal?: AbortSignal): Promise<Release> {
    const share = Math.min(amount, this.#limit);
    return new Promise<Release>((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
        // The one behind may need less.
        this.#admit();
      };
      const waiting: Waiting = {
        amount: share,
        enter: () => {
          signal?.removeEventListener("abort", abort);
          resolve(this.#releaseOnce(share));
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(waiting);
      this.#admit();
    });
  }

  /** Runs `work` with one unit of the budget. Work that waits for other work of the same budget would wait forever. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const release = await this.acquire(1, signal);
    try {
      return await work();
    } finally {
      release();
    }
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first && first.amount <= this.#free; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= first.amount;
      first.enter();
    }
  }

  #releaseOnce(amount: number): Release {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#free += amount;
      this.#admit();
    };
  }
}
