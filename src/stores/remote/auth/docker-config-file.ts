import { mkdir, readFile, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFileAtomic } from "../../../base/atomic-file.ts";
import { credentialError } from "./credentials.ts";
import { type DockerConfig, parseDockerConfig } from "./docker-config.ts";

/** A lock whose owner has not touched it for so long is dead: an update takes milliseconds. */
const lockStaleMs = 5_000;
/** Long enough to outlive the lock of a process that was killed. */
const defaultLockWaitMs = 15_000;

/** Reads a configuration file; one that does not exist is empty. */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw credentialError(`${path} cannot be read`, cause);
  }
  return parseDockerConfig(bytes.toString("utf8"), path);
}

/**
 * Changes a configuration file in one step; only its owner can read it. A file behind a symbolic link stays there.
 *
 * Writers of mreg wait for one another, so that none undoes what another has written. Docker, podman and oras know no
 * such lock: the file is read and replaced within milliseconds, and only what `change` changes differs.
 *
 * @param change - from what the file holds now to what it shall hold; undefined leaves the file as it is.
 * @param lockWaitMs - longest that other writers are waited for.
 */
export async function updateDockerConfig(
  path: string,
  change: (config: DockerConfig) => DockerConfig | undefined,
  lockWaitMs = defaultLockWaitMs,
): Promise<void> {
  const release = await acquire(path, lockWaitMs);
  try {
    const next = change(await readDockerConfig(path));
    if (next === undefined) return;
    const target = await realpath(path).catch(() => path);
    await writeFileAtomic(target, `${JSON.stringify(next, null, "\t")}\n`, { mode: 0o600 }).catch((cause: unknown) => {
      throw credentialError(`${path} cannot be written`, cause);
    });
  } finally {
    // Somebody may have taken it over while this process slept; what was written stays.
    await release().catch(() => {});
  }
}

async function acquire(path: string, lockWaitMs: number): Promise<() => Promise<void>> {
  // Loaded only by those who write.
  const { lock } = await import("proper-lockfile");
  const start = performance.now();
  for (;;) {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const target = await realpath(path).catch(() => path);
      return await lock(target, { realpath: false, stale: lockStaleMs, onCompromised: () => {} });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ELOCKED")
        throw credentialError(`${path} cannot be written`, cause);
      if (performance.now() - start >= lockWaitMs)
        throw credentialError(`${path} is locked by another writer, for more than ${lockWaitMs} ms`, cause);
    }
    // Random, so that many waiting processes do not try in step.
    await sleep(5 + Math.random() * 20);
  }
}
