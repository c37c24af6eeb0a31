import { cpus, totalmem, type } from "node:os";
import { run } from "../test/peers/support/run.ts";
import type { Bench } from "./bench.ts";

/** What a number depends on besides the programs. */
export interface Conditions {
  readonly date: string;
  readonly commit: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGibibytes: number;
  readonly kernel: string;
  readonly fileSystem: string;
  readonly node: string;
  /** Set, it costs every start of Node the reading of that file. */
  readonly nodeExtraCaCerts: boolean;
  readonly programs: Readonly<Record<string, string>>;
  /** Programs that are not measured, and why. */
  readonly missing: Readonly<Record<string, string>>;
}

/** Reads them from this machine; its name and paths stay out. */
export async function readConditions({ directory, programs }: Bench): Promise<Conditions> {
  const answer = async (file: string, ...args: string[]) =>
    (await run(file, args, { cwd: import.meta.dirname }).catch(() => ({ stdout: "" }))).stdout.trim();
  const dirty = (await answer("git", "status", "--porcelain", "--", "../src", "../bin")) === "" ? "" : ", with changes";
  const present = Object.entries(programs).flatMap(([name, found]) => ("path" in found ? [[name, found.version]] : []));
  const missing = Object.entries(programs).flatMap(([name, f]) => ("missing" in f ? [[name, f.missing]] : []));
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    commit: `${await answer("git", "rev-parse", "--short", "HEAD")}${dirty}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGibibytes: Math.round(totalmem() / 1024 ** 3),
    kernel: `${type()} ${await answer("uname", "-r")}`,
    fileSystem: (await answer("df", "--output=fstype", directory)).split("\n").at(-1) || "unknown file system",
    node: process.versions.node,
    nodeExtraCaCerts: process.env["NODE_EXTRA_CA_CERTS"] !== undefined,
    programs: Object.fromEntries(present) as Record<string, string>,
    missing: Object.fromEntries(missing) as Record<string, string>,
  };
}
