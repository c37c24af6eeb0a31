import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isLocked, processLockNames, takeProcessLock } from "../../base/process-lock.ts";
import { StoreError } from "../../oci/errors.ts";

/** Age at which a lock counts as left behind, where nobody can tell whether its holder lives. */
const staleMs = 5_000;
/** How long to wait for somebody else: long enough to outlive a lock that was left behind, and a small pull. */
const waitMs = 30_000;
/** Between two looks. */
const lookMs = 100;

const lockName = "lock";

/** Whether a name in the directory is the lock's. */
export function isLockName(name: string): boolean {
  return processLockNames(lockName).includes(name);
}

export interface DirectoryLock {
  /** Aborted when somebody else may hold the lock by now, as after this process slept. */
  readonly lost: AbortSignal;
  /** Lets go, and removes the directory when it is empty. */
  release(): Promise<void>;
}

/**
 * Makes a directory, if it is not there, and keeps other processes that ask for it in this way out of it.
 *
 * @throws {@link StoreError} `LOCKED` when somebody else did not let go in time.
 */
export async function lockDirectory(path: string, signal?: AbortSignal): Promise<DirectoryLock> {
  const lost = new AbortController();
  const onLost = (cause: Error) => {
    lost.abort(new StoreError("LOCKED", `another process took over ${path}`, { cause }));
  };
  const start = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    try {
      await mkdir(path, { recursive: true });
      const release = await takeProcessLock(join(path, lockName), { staleMs, onLost });
      return {
        lost: lost.signal,
        async release() {
          await release();
          await rmdir(path).catch(() => {});
        },
      };
    } catch (cause) {
      // The holder before us removes the directory when it is done.
      if (!isLocked(cause) && (cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
      if (performance.now() - start >= waitMs) {
        throw new StoreError("LOCKED", `another process has been working in ${path} for ${waitMs} ms`, { cause });
      }
    }
    await sleep(lookMs, undefined, signal ? { signal } : {}).catch(() => {});
  }
}
