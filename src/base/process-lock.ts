import { rm, rmdir } from "node:fs/promises";
import { isOwnerDead, writeOwner } from "./lock-owner.ts";

/** Says which process holds the lock. */
const ownerSuffix = ".owner";
/** A second lock, held only while the first is looked at and taken: of two who find a dead holder one takes over. */
const gateSuffix = ".gate";

export interface ProcessLockOptions {
  /**
   * Age in milliseconds at which a lock counts as left behind, where nobody can tell whether its holder lives; a living
   * holder renews it twice as often.
   */
  readonly staleMs: number;
  /** Told when somebody else may hold the lock by now, as after this process slept. */
  readonly onLost: (cause: Error) => void;
}

/** The names in a directory that a lock of this name takes: its own, its owner's and its gate's. */
export function processLockNames(name: string): readonly string[] {
  return [name, name + ownerSuffix, name + gateSuffix];
}

/** Whether a lock could not be taken because somebody else has it. */
export function isLocked(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ELOCKED";
}

/**
 * Takes the lock that is the directory `path`, if nobody has it, or a process that is dead; its parent must be there.
 *
 * On Linux a holder that was killed is known to be dead at once, elsewhere its lock is taken when it is stale.
 *
 * @returns what lets go; a lock that was lost is left to whoever has it.
 * @throws an error of {@link isLocked} at once when somebody else has it.
 */
export async function takeProcessLock(path: string, options: ProcessLockOptions): Promise<() => Promise<void>> {
  const { staleMs: stale } = options;
  // Loaded only by those who write.
  const { lock } = await import("proper-lockfile");
  const take = (lockfilePath: string, onCompromised: (cause: Error) => void) =>
    lock(lockfilePath, { realpath: false, stale, lockfilePath, onCompromised });
  const [owner, gate] = [path + ownerSuffix, path + gateSuffix];
  let isLost = false;
  const leave = await take(gate, () => {});
  try {
    if (await isOwnerDead(owner)) {
      await rmdir(path).catch(() => {});
      await rm(owner, { force: true });
    }
    const release = await take(path, (cause) => {
      isLost = true;
      options.onLost(cause);
    });
    await writeOwner(owner);
    return async () => {
      if (!isLost) await rm(owner, { force: true }).catch(() => {});
      await release().catch(() => {});
    };
  } finally {
    await leave().catch(() => {});
  }
}
