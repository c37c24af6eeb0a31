import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import { cacheDirectory } from "./build.ts";
import { run } from "./run.ts";

/** A program in Python, at exact versions, in a virtual environment of its own. */
export interface PythonProgram {
  /** What the suites call it, and what its command is called. */
  readonly name: string;
  readonly version: string;
  /** For pip, each with an exact version. */
  readonly requirements: readonly string[];
  /** Arguments that its command ends well with. Default: `--version`. */
  readonly check?: readonly string[];
}

/**
 * Installs a Python program into a virtual environment in the cache, unless it is there.
 *
 * @returns the path of its command.
 * @throws Error where Python or pip says no.
 */
export async function installPython({ name, version, requirements, check }: PythonProgram): Promise<string> {
  const directory = join(cacheDirectory(), `${name}@${version}`);
  const command = join(directory, "venv", "bin", name);
  await mkdir(directory, { recursive: true });
  const release = await lockfile.lock(directory, {
    stale: 60_000,
    update: 10_000,
    retries: { forever: true, minTimeout: 500, maxTimeout: 2_000, maxRetryTime: 600_000 },
  });
  try {
    if (await isThere(command)) return command;
    await rm(join(directory, "venv"), { recursive: true, force: true });
    await must("python3", ["-m", "venv", join(directory, "venv")]);
    await must(join(directory, "venv", "bin", "pip"), ["install", "--quiet", "--no-input", ...requirements]);
    // A package can install and still lack a module it imports.
    await must(command, check ?? ["--version"]);
    return command;
  } catch (error) {
    await rename(join(directory, "venv"), join(directory, `broken-${process.pid}`)).catch(() => {});
    await rm(join(directory, `broken-${process.pid}`), { recursive: true, force: true });
    throw error;
  } finally {
    await release();
  }
}

async function must(file: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(file, args);
  if (code === 0) return;
  throw new Error(`${file} ${args[0]} exited with ${code}: ${stderr.trim().split("\n").slice(-3).join(" ")}`);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
