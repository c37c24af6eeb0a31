import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { runOk } from "../test/peers/support/run.ts";
import { Authority } from "../test/support/network/certificates.ts";
import { buildYardstick, findPrograms, type Programs } from "./found.ts";
import type { Surroundings } from "./measure.ts";

export interface BenchOptions {
  /** Smaller files and fewer rounds, for development. */
  readonly quick: boolean;
  /** Instead of each job's own number. */
  readonly rounds?: number;
}

/** Everything that the jobs of one run share. */
export interface Bench extends BenchOptions, Surroundings {
  /** Scratch on the file system that is measured; removed at the end. */
  readonly directory: string;
  readonly programs: Programs;
  readonly certificates: { readonly caFile: string; readonly certificate: string; readonly key: string };
  log(line: string): void;
  close(): Promise<void>;
}

/** Builds the programs and prepares the scratch directory: not the system's temporary one, which may be memory. */
export async function openBench(options: BenchOptions): Promise<Bench> {
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const parent = resolve(import.meta.dirname, ".work");
  await mkdir(parent, { recursive: true });
  const yardstick = await buildYardstick(join(parent, "bin"));
  const programs = await findPrograms(log);
  const directory = await mkdtemp(join(parent, "run-"));
  const home = join(directory, "home");
  await mkdir(join(home, "tmp"), { recursive: true });
  const authority = await Authority.create(directory, "ca");
  await authority.issue({ name: "server" });
  const at = (name: string) => join(directory, name);
  return {
    ...options,
    directory,
    home,
    yardstick,
    programs,
    certificates: { caFile: at("ca.pem"), certificate: at("server.pem"), key: at("server.key") },
    log,
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A size of the full run, or an eighth of it. */
export function scaled({ quick }: BenchOptions, bytes: number): number {
  return quick ? Math.ceil(bytes / 8) : bytes;
}

/** Lets the kernel, and the host below it, hand out so much memory once before a clock runs. */
export async function warmMemory({ yardstick }: Bench, bytes: number): Promise<void> {
  await runOk(yardstick, ["touch", String(Math.ceil(bytes / 1024 / 1024))]);
}
