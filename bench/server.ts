import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { benchmarkPrograms } from "../test/peers/programs.ts";
import { type RegistryName, spawnRegistry } from "../test/peers/support/registry-process.ts";
import type { Bench } from "./bench.ts";

/** A registry of this run: plain HTTP or TLS, with a storage that can be emptied. */
export interface Server {
  /** With its version where it stands in for another. */
  readonly name: string;
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** PEM file of the authority to trust; undefined when it speaks plain HTTP. */
  readonly caFile?: string;
  /** Where it keeps its content. */
  readonly storage: string;
  /** Forgets everything that was pushed. */
  wipe(): Promise<void>;
  /** Processor time it has used so far; undefined where the system does not tell. */
  cpuSeconds(): Promise<number | undefined>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly name?: RegistryName;
  readonly tls?: boolean;
}

let servers = 0;

/** Starts a registry program. @throws Error with the reason when it cannot be built or is not installed. */
export async function startServer(bench: Bench, options: ServerOptions = {}): Promise<Server> {
  const { name = "distribution", tls = false } = options;
  const { found, is, title } = programOf(bench, name);
  const storage = join(bench.directory, `${name}-${servers++}`);
  const { caFile, certificate, key } = bench.certificates;
  const running = await spawnRegistry(is, found.path, { storage, ...(tls ? { tls: { certificate, key } } : {}) });
  return {
    name: title,
    host: running.host,
    ...(tls ? { caFile } : {}),
    storage,
    // Without a cache in memory the storage is all that a distribution or a zot knows.
    wipe: async () => {
      for (const entry of await readdir(storage)) await rm(join(storage, entry), { recursive: true, force: true });
    },
    cpuSeconds: () => cpuSeconds(running.pid),
    stop: async () => {
      await running.stop();
      await rm(storage, { recursive: true, force: true });
    },
  };
}

/** A registry's program, or the one that stands in for it. */
function programOf({ programs }: Bench, name: RegistryName) {
  const standIn = benchmarkPrograms.find((program) => program.name === name)?.standIn?.name as RegistryName | undefined;
  for (const is of standIn ? [name, standIn] : [name]) {
    const found = programs[is];
    if (found && "path" in found) return { found, is, title: is === name ? name : `${is} (${found.version})` };
  }
  const found = programs[name];
  throw new Error(`${name}: ${found && "missing" in found ? found.missing : "unknown"}`);
}

/** Linux: user and system time from /proc, in ticks of 10 ms. */
async function cpuSeconds(pid: number | undefined): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the name in parentheses and may hold blanks; utime and stime are fields 14 and 15.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) / 100;
}
