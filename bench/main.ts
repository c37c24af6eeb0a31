import { parseArgs } from "node:util";
import { type Bench, openBench } from "./bench.ts";
import type { Comparison } from "./compare.ts";
import { readConditions } from "./conditions.ts";
import type { Job } from "./job.ts";
import { jobs } from "./jobs.ts";
import { peakOf, report, residentLimitBytes } from "./report.ts";
import { type JobResult, type Results, readResults, rowOf, writeResults } from "./results.ts";

const usage = `npm run bench -- [job...] [options]

  --quick      files of an eighth, few rounds; without names only the main jobs
  --job <name> a job by name, repeatable; the same as naming it
  --rounds <n> instead of each job's own number
  --update     with names: put these rows into bench/RESULTS.md, leave the others as they are
  --list       names of the jobs

Without names and --quick every job runs, and bench/RESULTS.md and RESULTS.json are written.
Otherwise they go to bench/.work/.

Exits with 1 when mreg fails at a job, or misses a goal that counts bytes or memory; times are reported only.`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    job: { type: "string", multiple: true, default: [] },
    rounds: { type: "string" },
    update: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(usage);
else if (values.list) for (const { name, title } of jobs) console.log(`${name.padEnd(28)} ${title}`);
else await main([...positionals, ...values.job]);

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !jobs.some((job) => job.name === name));
  if (unknown.length > 0)
    throw new Error(`no job ${unknown.join(", ")}; expected ${jobs.map(({ name }) => name).join(", ")}`);
  const { quick } = values;
  const asked = jobs.filter((job) => (names.length > 0 ? names.includes(job.name) : !quick || job.isQuick));
  const rounds = values.rounds === undefined ? (quick ? 3 : undefined) : Number(values.rounds);
  const bench = await openBench({ quick, ...(rounds === undefined ? {} : { rounds }) });
  const rows: JobResult[] = [];
  try {
    const conditions = await readConditions(bench);
    for (const job of asked) {
      bench.log(`${job.name}: ${job.title}`);
      const started = performance.now();
      rows.push(rowOf(bench, job, await attempt(bench, job), conditions));
      bench.log(`${job.name} took ${((performance.now() - started) / 1000).toFixed(0)} s`);
    }
    const isFull = names.length === 0 && !quick;
    const isCommitted = isFull || (values.update && !quick);
    const before = isCommitted && !isFull ? await readResults() : undefined;
    const results: Results = { schemaVersion: 2, quick, conditions, jobs: merged(before?.jobs ?? [], rows) };
    const text = await report(results);
    const place = await writeResults(results, text, isCommitted);
    console.log(text);
    console.log(`RESULTS.md and RESULTS.json are in ${place}`);
    process.exitCode = rows.every(isSound) ? 0 : 1;
  } finally {
    await bench.close();
  }
}

/** A job that cannot even be set up is a row with the reason; the half hour before it is not lost. */
async function attempt(bench: Bench, job: Job): Promise<Comparison> {
  try {
    return await job.run(bench);
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    bench.log(`${job.name} FAILED: ${failure}`);
    return { payloadBytes: 0, outcomes: [{ name: "mreg", role: "mreg", samples: [], failure }] };
  }
}

/** mreg did its job, and in the bytes and the memory that were promised. Times are reported, not enforced. */
function isSound(row: JobResult): boolean {
  const failed = row.outcomes.some(({ failure, role }) => role === "mreg" && failure !== undefined);
  return !failed && peakOf(row) <= residentLimitBytes && row.goals.every(({ isFirm, met }) => !isFirm || met !== false);
}

/** Rows of before with those of now in their place, in the order of the table of jobs. */
function merged(before: readonly JobResult[], now: readonly JobResult[]): JobResult[] {
  return jobs.flatMap(({ name }) => {
    const row = [...now, ...before].find((each) => each.name === name);
    return row ? [row] : [];
  });
}
