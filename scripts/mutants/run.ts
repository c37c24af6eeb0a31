import { spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./instrument.ts";

/** What became of a mutant; no killer means that it survived. */
export interface Outcome {
  readonly mutant: Mutant;
  /** The test that failed. */
  readonly killer: string | undefined;
}

/** What the process of the tests is told. */
export interface Run {
  readonly ids: readonly number[];
  /** Absolute paths, in order. */
  readonly tests: readonly string[];
  /** Where to append one {@link Line} as JSON for each of `ids` as soon as it is decided. */
  readonly results: string;
}

export interface Line {
  readonly id: number;
  readonly killer?: string;
}

/** So many that a process starts seldom, so few that it does not grow. */
const batchLength = 40;

/** A process takes some minutes for a batch; one that takes so long hangs. */
const batchLimitMs = 1_800_000;

export async function runMutants(
  copy: string,
  mutants: readonly Mutant[],
  tests: readonly string[],
): Promise<readonly Outcome[]> {
  const killers = new Map<number, string | undefined>();
  const dynamic = mutants.filter(({ isStatic }) => !isStatic).map(({ id }) => id);
  const batches = mutants.filter(({ isStatic }) => isStatic).map(({ id }) => [id]);
  while (dynamic.length > 0) batches.push(dynamic.splice(0, batchLength));
  for (const batch of batches) {
    const lines = await runBatch(copy, batch, tests);
    for (const { id, killer } of lines) killers.set(id, killer);
    const [first, ...rest] = batch.filter((id) => !killers.has(id));
    if (first === undefined) continue;
    // A mutant that breaks the loading of the tests takes its batch with it, one that hangs all that come after it.
    if (batch.length === 1) killers.set(first, "the tests do not load, or do not end");
    else if (lines.length > 0) batches.push([first], ...(rest.length > 0 ? [rest] : []));
    else batches.push(batch.slice(0, batch.length / 2), batch.slice(batch.length / 2));
  }
  return mutants.map((mutant) => ({ mutant, killer: killers.get(mutant.id) }));
}

/** Without any mutant the tests pass: else each would look as if it were found. */
export async function provePassing(copy: string, tests: readonly string[]): Promise<void> {
  const [line] = await runTests(copy, [0], tests);
  if (line === undefined) throw new Error("the tests do not start");
  refuseFailure([line]);
}

/** Judges some mutants, and after them the file as it is: what one has left behind must not have found the next. */
async function runBatch(copy: string, ids: readonly number[], tests: readonly string[]): Promise<readonly Line[]> {
  const lines = await runTests(copy, ids.length === 1 ? ids : [...ids, 0], tests);
  refuseFailure(lines);
  return lines.filter(({ id }) => id !== 0);
}

function refuseFailure(lines: readonly Line[]): void {
  const broken = lines.find(({ id, killer }) => id === 0 && killer !== undefined);
  if (broken) throw new Error(`a test fails although nothing is broken (any more): ${broken.killer}`);
}

async function runTests(copy: string, ids: readonly number[], tests: readonly string[]): Promise<readonly Line[]> {
  const driver = join(copy, "src/mutants.test.ts");
  const run: Run = { ids, tests: tests.map((path) => join(copy, path)), results: join(copy, "mutants.jsonl") };
  cpSync(fileURLToPath(new URL("driver.ts", import.meta.url)), driver);
  writeFileSync(join(copy, "mutants.json"), JSON.stringify(run));
  rmSync(run.results, { force: true });
  await vitest(copy, driver);
  if (!existsSync(run.results)) return [];
  const lines = readFileSync(run.results, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Line);
}

function vitest(copy: string, driver: string): Promise<void> {
  const flags = ["run", "--project", "unit", "--maxWorkers", "1", "--testTimeout", "60000", "--reporter", "json"];
  const arguments_ = ["node_modules/vitest/vitest.mjs", ...flags, "--outputFile", join(copy, "report.json"), driver];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, arguments_, {
      ...{ cwd: copy, stdio: "ignore", timeout: batchLimitMs },
      env: { ...process.env, MREG_MUTANTS: join(copy, "mutants.json") },
    });
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
}
