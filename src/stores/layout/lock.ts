import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../oci/errors.ts";
import { lockStaleMs } from "./limits.ts";

/** Asked before something final is done: the lock was lost when this process slept longer than {@link lockStaleMs}. */
export interface HeldLock {
  /** @throws {@link StoreError} `LOCKED` when somebody else may hold the lock by now. */
  check(): void;
}

/**
 * One writer at a time, among the calls of this process and among processes.
 *
 * Calls of this process queue up in order; only their first competes with other processes, for the directory
 * `<path>.lock`. Other programs (oras, skopeo, zot) do not know this lock: they must not write at the same time.
 */
export class FileLock {
  readonly #path: string;
  readonly #waitMs: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, waitMs: number) {
    this.#path = path;
    this.#waitMs = waitMs;
  }

  /**
   * Runs `work` alone.
   *
   * @throws {@link StoreError} `LOCKED` when others did not let go in time.
   */
  run<T>(work: (lock: HeldLock) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => this.#runAlone(work, signal));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #runAlone<T>(work: (lock: HeldLock) => Promise<T>, signal?: AbortSignal): Promise<T> {
    let lost: Error | undefined;
    const release = await this.#acquire((error) => (lost = error), signal);
    try {
      return await work({
        check: () => {
          if (lost) throw new StoreError("LOCKED", `the lock ${this.#path}.lock was taken over`, { cause: lost });
        },
      });
    } finally {
      // A lock that was lost is not ours to release; its loss has been reported where it mattered.
      await release().catch(() => {});
    }
  }

  async #acquire(onLost: (error: Error) => void, signal?: AbortSignal): Promise<() => Promise<void>> {
    // Loaded only by those who write: half of the commands never do.
    const { lock } = await import("proper-lockfile");
    const start = performance.now();
    for (;;) {
      signal?.throwIfAborted();
      try {
        // realpath: false, since index.json need not be there yet.
        return await lock(this.#path, { realpath: false, stale: lockStaleMs, onCompromised: onLost });
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "ELOCKED") throw cause;
        if (performance.now() - start >= this.#waitMs) {
          throw new StoreError("LOCKED", `${this.#path}.lock was held by another writer for ${this.#waitMs} ms`, {
            cause,
          });
        }
      }
      // Random, so that many waiting processes do not try in step.
      await sleep(5 + Math.random() * 30, undefined, signal ? { signal } : {}).catch(() => {});
    }
  }
}
