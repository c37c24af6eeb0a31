import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { type RunningRegistry, spawnRegistry } from "../test/peers/support/registry-process.ts";
import { run } from "../test/peers/support/run.ts";
import { type Measurement, measureMreg } from "./measure.ts";
import { writeWeights } from "./weights.ts";

const mebibyte = 1024 * 1024;

/** What the product promises for a file of any size: issue 2, "Memory". */
const boundBytes = 200 * mebibyte;

interface Row extends Measurement {
  readonly store: string;
  readonly command: string;
}

interface Place {
  readonly store: string;
  readonly location: string;
  stop(): Promise<void>;
}

/**
 * Pushes and pulls one large file through the built command line and records the peak memory of each.
 *
 * The full run writes bench/RESULTS.md and bench/RESULTS.json; `quick` uses a smaller file and only prints.
 *
 * @returns whether every command stayed below the bound.
 */
export async function memory({ quick }: { readonly quick: boolean }): Promise<boolean> {
  const sizeBytes = (quick ? 256 : 2048) * mebibyte;
  // Not the system's temporary directory: on some machines that is memory itself.
  const work = await makeWorkDirectory();
  try {
    const model = join(work, "model");
    await mkdir(model);
    await writeWeights(join(model, "model.safetensors"), sizeBytes);
    const rows: Row[] = [];
    for (const open of [layout, dockerRegistry]) {
      const place = await open(work);
      if (place === undefined) continue;
      try {
        rows.push(...(await pushAndPull(place, model, work)));
      } finally {
        await place.stop();
      }
    }
    const report = markdown(rows, sizeBytes);
    console.log(report);
    if (!quick) await writeResults(report, rows, sizeBytes);
    return rows.every(({ peakRssBytes }) => peakRssBytes < boundBytes);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makeWorkDirectory(): Promise<string> {
  const parent = resolve(import.meta.dirname, ".work");
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, "memory-"));
}

async function layout(work: string): Promise<Place> {
  return { store: "layout", location: `oci:${join(work, "store")}`, stop: async () => {} };
}

async function dockerRegistry(work: string): Promise<Place | undefined> {
  const there = await run("docker-registry", ["--version"]).catch(() => undefined);
  if (there?.code !== 0) {
    console.log("docker-registry is not installed: measuring the layout only");
    return undefined;
  }
  const storage = join(work, "registry");
  const registry: RunningRegistry = await spawnRegistry("docker-registry", "docker-registry", { storage });
  return { store: "docker-registry", location: registry.host, stop: () => registry.stop() };
}

async function pushAndPull({ store, location }: Place, model: string, work: string): Promise<Row[]> {
  const env = { MREG_REGISTRY: location, NO_COLOR: "1", CI: "true" };
  const output = join(work, `pulled-${store}`);
  const push = await measureMreg(["push", "bench/memory", model], env);
  const pull = await measureMreg(["pull", "bench/memory:v1", "--output", output], env);
  await rm(output, { recursive: true, force: true });
  return [
    { store, command: "push", ...push },
    { store, command: "pull", ...pull },
  ];
}

function markdown(rows: readonly Row[], sizeBytes: number): string {
  const lines = rows.map(({ store, command, wallSeconds, peakRssBytes }) => {
    const rate = sizeBytes / mebibyte / wallSeconds;
    const cells = [store, command, (peakRssBytes / mebibyte).toFixed(0), wallSeconds.toFixed(1), rate.toFixed(0)];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "# Memory",
    "",
    `One file of ${sizeBytes / mebibyte} MiB through \`bin/mreg.js\`, Node ${process.versions.node}, ${cpus().length} cores.`,
    `The registry runs on the same machine. The bound is ${boundBytes / mebibyte} MiB of peak resident memory.`,
    "Written by `npm run bench -- memory`.",
    "",
    "| store | command | peak RSS, MiB | wall, s | MiB/s |",
    "|---|---|---:|---:|---:|",
    ...lines,
    "",
  ].join("\n");
}

async function writeResults(report: string, rows: readonly Row[], sizeBytes: number): Promise<void> {
  await writeFile(resolve(import.meta.dirname, "RESULTS.md"), report);
  const json = { schemaVersion: 1, benchmark: "memory", node: process.versions.node, sizeBytes, boundBytes, rows };
  await writeFile(resolve(import.meta.dirname, "RESULTS.json"), `${JSON.stringify(json, null, 2)}\n`);
}
