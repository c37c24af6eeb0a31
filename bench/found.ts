import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { benchmarkPrograms, type Program } from "../test/peers/programs.ts";
import { buildProgram } from "../test/peers/support/build.ts";
import { run, runOk } from "../test/peers/support/run.ts";

/** A program and what it is exactly, or why it is not here. */
export type Found = { readonly path: string; readonly version: string } | { readonly missing: string };

/** Programs by name. */
export type Programs = Readonly<Record<string, Found>>;

/** Builds every pinned program, or takes it from the cache, and finds the system's docker-registry. */
export async function findPrograms(log: (line: string) => void): Promise<Programs> {
  const found: Record<string, Found> = {};
  const go = (await runOk("go", ["env", "GOVERSION"])).trim();
  const find = (program: Program): Promise<Found> => {
    log(`${program.name}: ${program.module} ${program.version}`);
    return buildProgram(program).then(
      (path) => ({ path, version: `${program.version}, built with ${go}` }),
      (error: unknown) => ({ missing: `${program.version} cannot be built: ${reason(error)}` }),
    );
  };
  for (const program of benchmarkPrograms) {
    const own = await find(program);
    found[program.name] = own;
    const { standIn } = program;
    if (!standIn || !("missing" in own)) continue;
    found[standIn.name] = await find(standIn);
    found[program.name] = { missing: `${own.missing}; ${standIn.name} stands in` };
  }
  found["docker-registry"] = await dockerRegistry();
  return found;
}

/** The last line of an error without the names of hosts: what a module proxy is called is nobody's business. */
function reason(error: unknown): string {
  const last = (error instanceof Error ? error.message : String(error)).trim().split("\n").at(-1) ?? "";
  return last.replaceAll(/https?:\/\/\S+/g, "<module proxy>");
}

async function dockerRegistry(): Promise<Found> {
  const asked = await run("docker-registry", ["--version"]).catch(() => undefined);
  if (asked?.code !== 0) return { missing: "not installed" };
  const path = (await run("sh", ["-c", "command -v docker-registry"])).stdout.trim();
  // `<path>: go1.19.8`
  const go = (await run("go", ["version", path])).stdout.trim().split(" ").at(-1) ?? "an unknown Go";
  return { path, version: `${asked.stdout.trim().split(" ").at(-1)}, built with ${go}` };
}

/** Compiles bench/yardstick. @throws Error when there is no Go: without it neither peers nor limits can be built. */
export async function buildYardstick(directory: string): Promise<string> {
  const path = join(directory, "yardstick");
  await mkdir(directory, { recursive: true });
  const env = { GOFLAGS: "-buildvcs=false", GOWORK: "off", CGO_ENABLED: "0" };
  await runOk("go", ["build", "-trimpath", "-o", path, "."], { cwd: resolve(import.meta.dirname, "yardstick"), env });
  return path;
}
