import { performance } from "node:perf_hooks";

/**
 * Connections at a time, over all blobs of one command, and for a single one where that pays: ECR and others give some
 * 25 MB/s to each. Ollama and aria2 stop at the same number.
 */
export const connectionLimit = 16;
/** How often the number is looked at, in milliseconds. */
const intervalMs = 200;
/** More connections must bring this much more, or they were not worth it. */
const worthwhile = 1.1;
/** Looks without another try after one that was not worth it: 5 seconds. */
const restLooks = 25;
/** Share of the time from which this thread, and not a connection, is what all wait for. */
const saturated = 0.6;
/** Looks without a refusal after which one more connection is tried than was refused: half a minute. */
const forgiveLooks = 150;

/**
 * How many requests for parts may run at a time. It rises while more connections bring more, and falls when the store
 * refuses some of them: below what was refused, and it stays there.
 */
export class Connections {
  readonly #most: number;
  readonly #waiting: { enter: () => void }[] = [];
  #limit: number;
  #ceiling: number;
  #used = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The trial that is on: what there was before it, and whether its connections have had time to start. */
  #trial: { readonly limit: number; readonly rate: number; isSettled: boolean } | undefined;
  #rest = 0;
  #calm = 0;
  readonly #utilization: () => number;
  #isSaturated = false;

  /** @param options - `utilization`: share of the time since the last call in which this thread was busy. */
  constructor({ start = 2, most = connectionLimit, utilization = eventLoopUtilization() } = {}) {
    this.#utilization = utilization;
    this.#limit = Math.min(start, most);
    this.#most = most;
    this.#ceiling = most;
  }

  /** Waits for a connection to be free. First come, first served. */
  acquire(signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      signal.throwIfAborted();
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal.reason);
      };
      const entry = {
        enter: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.push(entry);
      this.#admit();
    });
  }

  release(): void {
    this.#used--;
    this.#admit();
    if (this.#used > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#trial = undefined;
  }

  /** This machine takes no more, however many connections bring it. */
  get isSaturated(): boolean {
    return this.#isSaturated;
  }

  received(count: number): void {
    this.#bytes += count;
  }

  /** The store refused a request for being one too many. @returns whether to let go of it, as others go on. */
  refused(): boolean {
    this.#ceiling = Math.max(1, Math.min(this.#ceiling, this.#used - 1));
    this.#limit = Math.min(this.#limit, this.#ceiling);
    this.#trial = undefined;
    this.#calm = 0;
    return this.#used > this.#limit;
  }

  #admit(): void {
    while (this.#used < this.#limit && this.#waiting.length > 0) {
      this.#used++;
      this.#waiting.shift()?.enter();
    }
    if (this.#used > 0) this.#timer ??= this.#watch();
  }

  #watch(): NodeJS.Timeout {
    this.#bytes = 0;
    this.#utilization();
    let last = performance.now();
    return setInterval(() => {
      const now = performance.now();
      this.#look(this.#bytes / Math.max(1, now - last));
      last = now;
      this.#bytes = 0;
    }, intervalMs);
  }

  #look(rate: number): void {
    if (++this.#calm >= forgiveLooks) {
      this.#calm = 0;
      this.#ceiling = Math.min(this.#most, this.#ceiling + 1);
    }
    this.#isSaturated = this.#utilization() > saturated;
    const trial = this.#trial;
    const isWorthwhile = !trial || rate >= trial.rate * worthwhile;
    if (trial && !isWorthwhile && !trial.isSettled) {
      trial.isSettled = true;
      return;
    }
    this.#trial = undefined;
    if (trial && !isWorthwhile) {
      this.#limit = trial.limit;
      this.#rest = restLooks;
    }
    if (this.#rest > 0) this.#rest--;
    else if (this.#waiting.length > 0 && this.#limit < this.#ceiling && !this.#isSaturated) this.#try(rate);
  }

  #try(rate: number): void {
    this.#trial = { limit: this.#limit, rate, isSettled: false };
    this.#limit = Math.min(this.#limit * 2, this.#ceiling);
    this.#admit();
  }
}

function eventLoopUtilization(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
