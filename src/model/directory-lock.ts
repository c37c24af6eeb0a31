import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../oci/errors.ts";
import { isOwnerDead, writeOwner } from "./lock-owner.ts";

/**
 * Age at which a lock counts as left behind, where nobody can tell whether its holder lives; a living holder renews it
 * twice as often.
 */
const staleMs = 5_000;
/** How long to wait for somebody else: long enough to outlive a lock that was left behind, and a small pull. */
const waitMs = 30_000;
/** Between two looks. */
const lookMs = 100;

const lockName = "lock";
/** Says which process holds the lock. */
const ownerName = "lock.owner";
/** A second lock, held only while the first is looked at and taken: of two who find a dead holder one takes over. */
const gateName = "lock.gate";

/** Whether a name in the directory is the lock's. */
export function isLockName(name: string): boolean {
  return [lockName, ownerName, gateName].includes(name);
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
  const onCompromised = (cause: Error) => {
    lost.abort(new StoreError("LOCKED", `another process took over ${path}`, { cause }));
  };
  const start = performance.now();
  for (;;) {
    signal?.throwIfAborted();
    try {
      await mkdir(path, { recursive: true });
      const release = await takeLock(path, onCompromised);
      return {
        lost: lost.signal,
        async release() {
          // A lock that was lost is not ours to release.
          if (!lost.signal.aborted) await rm(join(path, ownerName), { force: true }).catch(() => {});
          await release().catch(() => {});
          await rmdir(path).catch(() => {});
        },
      };
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      // The holder before us removes the directory when it is done.
      if (code !== "ELOCKED" && code !== "ENOENT") throw cause;
      if (performance.now() - start >= waitMs) {
        throw new StoreError("LOCKED", `another process has been working in ${path} for ${waitMs} ms`, { cause });
      }
    }
    await sleep(lookMs, undefined, signal ? { signal } : {}).catch(() => {});
  }
}

/** Takes the lock, if nobody has it or a process that is dead. */
async function takeLock(path: string, onCompromised: (cause: Error) => void): Promise<() => Promise<void>> {
  // Loaded only by those who write.
  const { lock } = await import("proper-lockfile");
  const [lockPath, owner, gate] = [join(path, lockName), join(path, ownerName), join(path, gateName)];
  const options = { realpath: false, stale: staleMs };
  const leave = await lock(gate, { ...options, lockfilePath: gate, onCompromised: () => {} });
  try {
    if (await isOwnerDead(owner)) {
      await rmdir(lockPath).catch(() => {});
      await rm(owner, { force: true });
    }
    const release = await lock(path, { ...options, lockfilePath: lockPath, onCompromised });
    await writeOwner(owner);
    return release;
  } finally {
    await leave().catch(() => {});
  }
}
