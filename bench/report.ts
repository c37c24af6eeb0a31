import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Conditions } from "./conditions.ts";
import type { JobResult, Results } from "./results.ts";
import { median, ratio } from "./statistics.ts";

const mebibyte = 1024 * 1024;

/** What the product promises for any command and any size. */
export const residentLimitBytes = 150 * mebibyte;
const gibibyte = 1024 * mebibyte;

/** RESULTS.md. */
export async function report({ conditions, jobs, quick }: Results): Promise<string> {
  const sections = await Promise.all(jobs.map(section));
  return [
    "# Benchmark",
    "",
    "Written by `npm run bench`; what is measured, how, and what is not: `docs/decisions/010-benchmark.md`.",
    ...(quick ? ["", "**A quick run**: files of an eighth, few rounds. Nothing here is a result."] : []),
    "",
    ...absent(conditions),
    "## Goals",
    "",
    "| job | goal | measured | |",
    "|---|---|---|---|",
    ...jobs.flatMap(({ name, goals, title }) =>
      goals.map(({ measured, met, text }) => `| [${title}](#${name}) | ${text} | ${measured} | ${mark(met)} |`),
    ),
    ...memoryGoal(jobs),
    "",
    "## Conditions",
    "",
    ...conditionLines(conditions),
    "",
    "## How to read the tables",
    "",
    "One row per program. *ratio* is mreg's time over this program's: below 1, mreg was faster.",
    "It is the median over the rounds of mreg's time in a round over the program's in the same round; the range of those ratios and their number follow.",
    "Programs marked *limit* do less than the job: what they leave out is in the text above the table.",
    "CPU is user and system time of the program and its children per GiB of the model, the registry's apart.",
    "RSS is the largest peak of all rounds. Bytes and requests are those of one more run through a counting proxy.",
    "The registry runs on the same machine.",
    ...sections.flat(),
    "",
  ].join("\n");
}

function absent({ missing }: Conditions): string[] {
  const lines = Object.entries(missing).map(([name, why]) => `- **${name} is not in these numbers**: ${why}.`);
  return lines.length > 0 ? ["## Not measured", "", ...lines, ""] : [];
}

/** The bound that holds for every command, over all that was run. */
function memoryGoal(jobs: readonly JobResult[]): string[] {
  const peaks = jobs.map((job) => ({ title: job.title, peak: peakOf(job) }));
  const largest = peaks.reduce((most, each) => (each.peak > most.peak ? each : most), { title: "nothing", peak: 0 });
  if (largest.peak === 0) return [];
  const measured = `${(largest.peak / mebibyte).toFixed(0)} MiB, in "${largest.title}"`;
  return [
    `| Peak memory of mreg, every job | ≤ ${residentLimitBytes / mebibyte} MiB | ${measured} | ${mark(largest.peak <= residentLimitBytes)} |`,
  ];
}

/** Largest resident set of mreg in a job, in bytes. */
export function peakOf({ outcomes }: Pick<JobResult, "outcomes">): number {
  const own = outcomes.filter(({ role }) => role === "mreg").flatMap(({ samples }) => samples);
  return Math.max(0, ...own.map(({ peakRssBytes }) => peakRssBytes));
}

function mark(met: boolean | undefined): string {
  return met === undefined ? "—" : met ? "met" : "**not met**";
}

function conditionLines(conditions: Conditions): string[] {
  const { cores, processor, memoryGibibytes, kernel, fileSystem, node, nodeExtraCaCerts, programs } = conditions;
  return [
    `- ${conditions.date} UTC, commit ${conditions.commit}`,
    `- ${cores} cores (${processor}), ${memoryGibibytes} GiB of memory, ${kernel}, ${fileSystem}`,
    `- Node ${node}; NODE_EXTRA_CA_CERTS is ${nodeExtraCaCerts ? "set, which costs every start of Node some 30 ms" : "not set"}`,
    "- page cache warm; memory is touched before each run, so that no program pays for its first use; loopback only",
    ...Object.entries(programs).map(([name, version]) => `- ${name} ${version}`),
  ];
}

async function section(job: JobResult): Promise<string[]> {
  const notes = await readFile(resolve(import.meta.dirname, "notes", `${job.name}.md`), "utf8").catch(() => "");
  // Where mreg runs several commands, a ratio needs two names: the goals have them.
  const [own, ...others] = job.outcomes.filter(({ role }) => role === "mreg");
  const commands = job.outcomes.flatMap(({ command }) => command ?? []);
  const failures = job.outcomes.flatMap(({ name, failure }) =>
    failure ? [`- **${name}** failed: ${failure.split("\n").join(" ")}`] : [],
  );
  return [
    "",
    `<a id="${job.name}"></a>`,
    `## ${job.title}`,
    "",
    job.about,
    ...(job.registry ? ["", `Registry: ${job.registry}. Measured ${job.measuredAt} at commit ${job.commit}.`] : []),
    "",
    "| | median s | min s | ratio (range, n) | CPU s/GiB | registry CPU s/GiB | RSS MiB | sent MiB | received MiB | connections | requests |",
    "|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ...job.outcomes
      .filter(({ samples }) => samples.length > 0)
      .map((outcome) => row(job, outcome, others.length > 0 ? undefined : own)),
    ...(failures.length > 0 ? ["", ...failures] : []),
    ...(notes ? ["", notes.trim()] : []),
    "",
    "<details><summary>Command lines</summary>",
    "",
    "```",
    ...commands.map(abridged),
    "```",
    "",
    "</details>",
  ];
}

type Row = JobResult["outcomes"][number];

function row({ payloadBytes }: JobResult, outcome: Row, own: Row | undefined): string {
  const { name, role, samples, wire } = outcome;
  const walls = samples.map(({ wallSeconds }) => wallSeconds);
  const perGib = (seconds: number) => ((seconds * gibibyte) / payloadBytes).toFixed(2);
  const cpu = median(samples.map(({ userSeconds, systemSeconds }) => userSeconds + systemSeconds));
  const server = samples.flatMap(({ serverCpuSeconds }) => serverCpuSeconds ?? []);
  const rss = Math.max(...samples.map(({ peakRssBytes }) => peakRssBytes)) / mebibyte;
  const cells = [
    role === "limit" ? `*limit:* ${name}` : role === "mreg" ? `**${name}**` : name,
    median(walls).toFixed(3),
    Math.min(...walls).toFixed(3),
    role === "mreg" ? "" : ratioText(own, walls),
    payloadBytes > 0 ? perGib(cpu) : "",
    server.length > 0 && payloadBytes > 0 ? perGib(median(server)) : "",
    rss > 0 ? rss.toFixed(0) : "",
    wire ? (wire.sentBytes / mebibyte).toFixed(2) : "",
    wire ? (wire.receivedBytes / mebibyte).toFixed(2) : "",
    wire ? String(wire.connections) : "",
    wire?.requests === undefined ? "" : String(wire.requests),
  ];
  return `| ${cells.join(" | ")} |`;
}

function ratioText(own: Row | undefined, walls: readonly number[]): string {
  const compared = ratio(own?.samples.map(({ wallSeconds }) => wallSeconds) ?? [], walls);
  if (!compared) return "";
  const { count, max, median: middle, min } = compared;
  return `**${middle.toFixed(2)}** (${min.toFixed(2)}–${max.toFixed(2)}, ${count})`;
}

/** A command line that names a thousand files says so with three. */
function abridged(line: string): string {
  return line.length <= 400 ? line : `${line.slice(0, 300)} … (${line.length} characters)`;
}
