import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

export interface Measurement {
  readonly wallSeconds: number;
  /** High-water mark of the resident set of the process. */
  readonly peakRssBytes: number;
}

const root = resolve(import.meta.dirname, "..");

/** Runs the built `mreg` once and measures it. @throws Error with what it printed, when it fails. */
export async function measureMreg(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Measurement> {
  const work = await mkdtemp(join(tmpdir(), "mreg-measure-"));
  const rssFile = join(work, "rss");
  const preload = pathToFileURL(join(root, "bench/peak-rss.ts")).href;
  const started = performance.now();
  try {
    const child = spawn(process.execPath, ["--import", preload, join(root, "bin/mreg.js"), ...args], {
      env: { ...process.env, ...env, BENCH_RSS_FILE: rssFile },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
    const [code] = (await once(child, "close")) as [number | null];
    const wallSeconds = (performance.now() - started) / 1000;
    if (code !== 0) throw new Error(`mreg ${args.join(" ")} exited with ${code}\n${Buffer.concat(output).toString()}`);
    return { wallSeconds, peakRssBytes: Number(readFileSync(rssFile, "utf8")) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
