import { setTimeout as sleep } from "node:timers/promises";
import { isLocked, processLockNames, takeProcessLock } from "../../base/process-lock.ts";
import { StoreError } from "../../oci/errors.ts";
import { lockStaleMs } from "./limits.ts";

const lockSuffix = ".lock";

/** The names that the lock of a file takes beside it. */
export function fileLockNames(name: string): readonly string[] {
  return processLockNames(name + lockSuffix);
}

/** Asked before something final is done: the lock was lost when this process slept longer than {@link lockStaleMs}. */
export interface HeldLock {
  /** @throws {@link StoreError} `LOCKED` when somebody else may hold the lock by now. */
  check(): void;
}

/**
 * One writer at a time, among the calls of this process and among processes.
 *
 * Calls of this process queue up in order; only their first competes with other processes, for the directory
 * `<path>.lock`; where the system tells that its holder was killed, it is taken over at once. Other programs (oras,
 * skopeo, zot) do not know this lock: they must not write at the same time.
 */
export class FileLock {
  readonly #path: string;
  readonly #waitMs: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, waitMs: number) {
    this.#path = path + lockSuffix;
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
          if (lost) throw new StoreError("LOCKED", `the lock ${this.#path} was taken over`, { cause: lost });
        },
      });
    } finally {
      await release();
    }
  }

  async #acquire(onLost: (error: Error) => void, signal?: AbortSignal): Promise<() => Promise<void>> {
    const start = performance.now();
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await takeProcessLock(this.#path, { staleMs: lockStaleMs, onLost });
      } catch (cause) {
        if (!isLocked(cause)) throw cause;
        if (performance.now() - start >= this.#waitMs) {
          throw new StoreError("LOCKED", `${this.#path} was held by another writer for ${this.#waitMs} ms`, {
            cause,
          });
        }
      }
      // Random, so that many waiting processes do not try in step.
      await sleep(5 + Math.random() * 30, undefined, signal ? { signal } : {}).catch(() => {});
    }
  }
}
