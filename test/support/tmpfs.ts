import { execFileSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import { onTestFinished } from "vitest";

/**
 * Puts a small file system of its own at an empty directory, until the test ends.
 *
 * @returns false where that is not allowed: to anybody but root. Permissions then do what they never do to root.
 */
function mountTmpfs(directory: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory], { stdio: "ignore" });
  } catch {
    return false;
  }
  onTestFinished(() => void execFileSync("umount", [directory]));
  return true;
}

/** Makes a directory one that nothing more can be written into, after `fill` has written what it wants to. */
export async function makeReadOnly(directory: string, fill: () => Promise<unknown>): Promise<void> {
  const isMounted = mountTmpfs(directory, "16m");
  await fill();
  if (isMounted) execFileSync("mount", ["-o", "remount,ro", directory]);
  else execFileSync("chmod", ["-R", "a-w", directory]);
}

/** Makes an empty directory one in which files of a few KiB find no space. */
export async function makeFull(directory: string): Promise<void> {
  if (!mountTmpfs(directory, "4k")) await chmod(directory, 0o555);
}
