import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** A program to be run, as it is measured and as RESULTS.md shows it. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Something that this process does itself: library calls, where the start of a program would hide them. */
export interface OwnWork {
  /** What RESULTS.md calls it. */
  readonly what: string;
  readonly run: () => Promise<void>;
}

/** What the kernel says (wait4) about a program and those of its children that it waited for. */
export interface Measurement {
  readonly wallSeconds: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** High-water mark of the resident set of the largest of these processes; 0 for this process's own work. */
  readonly peakRssBytes: number;
}

/** A program that did not do its job: the last lines of what it printed. */
export class CommandFailed extends Error {}

/** What every measured program finds: a home of its own, no terminal, and nobody's credentials. */
export interface Surroundings {
  /** Path of the built bench/yardstick. */
  readonly yardstick: string;
  /** A directory for home, caches and temporary files, on the file system that is measured. */
  readonly home: string;
}

let runs = 0;

/** Longest that a program may take: the slowest job at the lowest speed takes a tenth of it. */
const patienceMs = 300_000;

/** Runs a program once. @throws CommandFailed when it exits with another code than 0, or does not end. */
export async function measure(around: Surroundings, command: Command | OwnWork): Promise<Measurement> {
  if ("run" in command) return measureOwn(command);
  const child = start(around, command);
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
  const patience = setTimeout(() => kill(child), patienceMs);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(patience);
  const report = await readFile(child.report, "utf8").catch(() => undefined);
  await rm(child.report, { force: true });
  const printed = Buffer.concat(output).toString("utf8").trim().split("\n").slice(-6).join("\n");
  if (code !== 0 || report === undefined) throw new CommandFailed(`did not run: ${printed}`);
  const { code: exit, ...measured } = JSON.parse(report) as Measurement & { code: number };
  if (exit !== 0) throw new CommandFailed(`exited with ${exit}: ${printed}`);
  return measured;
}

async function measureOwn({ run }: OwnWork): Promise<Measurement> {
  const before = process.cpuUsage();
  const started = performance.now();
  await run();
  const wallSeconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { wallSeconds, userSeconds: user / 1e6, systemSeconds: system / 1e6, peakRssBytes: 0 };
}

/** Kills a started program and everything below it. */
export function kill({ pid, exitCode }: Pick<ChildProcess, "pid" | "exitCode">): void {
  if (pid !== undefined && exitCode === null) process.kill(-pid, "SIGKILL");
}

/** Starts a program under the yardstick. Its process group can be killed as a whole. */
export function start({ yardstick, home }: Surroundings, { file, args, cwd, env }: Command) {
  const report = join(home, `usage-${process.pid}-${runs++}.json`);
  const child = spawn(yardstick, ["run", report, file, ...args], {
    cwd: cwd ?? home,
    env: { ...process.env, ...surroundingEnv(home), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  return Object.assign(child, { report });
}

function surroundingEnv(home: string): Record<string, string> {
  return {
    HOME: home,
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "data"),
    DOCKER_CONFIG: join(home, "docker"),
    TMPDIR: join(home, "tmp"),
    NO_COLOR: "1",
    CI: "true",
  };
}
