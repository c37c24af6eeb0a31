import { access, cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import type { Program } from "../programs.ts";
import { run } from "./run.ts";

/** The module proxy answered 403: it does not serve this module to anybody here. */
export class ModuleRefused extends Error {}

/** Where built programs stay between runs: `MREG_PEERS_CACHE`, or `mreg-peers` in the user's cache directory. */
export function cacheDirectory(): string {
  const { MREG_PEERS_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  return own || join(xdg || join(homedir(), ".cache"), "mreg-peers");
}

/**
 * Builds a program from the module proxy, unless the cache holds this version of it.
 *
 * Safe to call from several processes: the first builds, the others wait for it. The binary appears under its final
 * name only when the build has succeeded.
 *
 * @returns the path of the binary.
 * @throws {@link ModuleRefused} when the proxy refuses the module itself; Error for every other failure.
 */
export async function buildProgram(program: Program): Promise<string> {
  const directory = join(cacheDirectory(), `${program.name}@${program.version}`);
  const binary = join(directory, program.name);
  await mkdir(directory, { recursive: true });
  // Ten minutes is longer than the slowest build seen (cosign, cold, 2 cores: 4 minutes); `update` keeps it alive
  // anyway.
  const release = await lockfile.lock(directory, {
    stale: 60_000,
    update: 10_000,
    retries: { forever: true, minTimeout: 500, maxTimeout: 2_000, maxRetryTime: 600_000 },
  });
  try {
    if (await isThere(binary)) return binary;
    const work = await mkdtemp(join(tmpdir(), `mreg-peer-${program.name}-`));
    try {
      await compile(program, work, `${binary}.new`);
      await rename(`${binary}.new`, binary);
      return binary;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } finally {
    await release();
  }
}

async function compile(program: Program, work: string, output: string): Promise<void> {
  // GOFLAGS of the machine, such as -mod=vendor, must not reach a build that is meant to be the same everywhere.
  const env = { GOFLAGS: "-buildvcs=false", GOWORK: "off", ...program.env };
  const directory = join(work, "module");
  await mkdir(directory);
  if (program.ownModule) await copyModule(program, work, { directory, env });
  else {
    const wrapper = `module mreg-peer/${program.name}\n\ngo 1.25\n\nrequire ${program.module} ${program.version}\n`;
    await writeFile(join(directory, "go.mod"), wrapper);
  }
  const verb = program.test ? ["test", "-c"] : ["build"];
  const tags = program.tags === undefined ? [] : ["-tags", program.tags];
  // Released files are the whole truth of a module of its own; the wrapper has yet to learn what it needs.
  const mode = program.ownModule ? "-mod=readonly" : "-mod=mod";
  const args = [...verb, mode, "-trimpath", ...tags, "-o", output, program.package];
  const { code, stderr } = await run("go", args, { cwd: directory, env });
  if (code !== 0) throw failure(program, stderr);
}

/** The module as the proxy has it, verified by the checksum database, in a directory that the build may write to. */
async function copyModule(
  program: Program,
  work: string,
  { directory, env }: { readonly directory: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const args = ["mod", "download", "-json", `${program.module}@${program.version}`];
  // Outside of any module: the one in the way would be asked for its replacements.
  const { code, stdout, stderr } = await run("go", args, { cwd: work, env });
  const { Dir: source, Error: reason } = JSON.parse(stdout || "{}") as { Dir?: string; Error?: string };
  if (code !== 0 || source === undefined) throw failure(program, reason ?? stderr);
  await cp(source, directory, { recursive: true });
  // Files of the module cache are read-only, which go build minds in go.sum and `rm` in directories.
  await run("chmod", ["-R", "u+w", directory]);
}

function failure(program: Program, output: string): Error {
  const refused = output.includes(`${program.module}@${program.version}: `) && /: 403 Forbidden$/m.test(output);
  if (refused)
    return new ModuleRefused(`the module proxy refuses ${program.module} ${program.version} (403 Forbidden)`);
  const tail = output.trim().split("\n").slice(-5).join("\n");
  return new Error(`${program.name} ${program.version} does not build:\n${tail}`);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
