import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Bench } from "./bench.ts";
import type { Comparison, Outcome } from "./compare.ts";
import type { Conditions } from "./conditions.ts";
import type { Verdict } from "./goals.ts";
import type { Job } from "./job.ts";
import type { Command, OwnWork } from "./measure.ts";

/** A row as RESULTS.json keeps it: everything that RESULTS.md says is computed from it. */
export interface JobResult extends Pick<Job, "name" | "title" | "about"> {
  readonly measuredAt: string;
  readonly commit: string;
  readonly payloadBytes: number;
  readonly registry?: string;
  readonly outcomes: readonly (Omit<Outcome, "command"> & { readonly command?: string })[];
  readonly goals: readonly (Verdict & { readonly text: string; readonly isFirm: boolean })[];
}

export interface Results {
  readonly schemaVersion: 2;
  readonly quick: boolean;
  readonly conditions: Conditions;
  readonly jobs: readonly JobResult[];
}

/** A job's comparison as a row. */
export function rowOf(bench: Bench, job: Job, comparison: Comparison, { date, commit }: Conditions): JobResult {
  const { name, title, about } = job;
  const { payloadBytes, registry, outcomes } = comparison;
  return {
    name,
    title,
    about,
    measuredAt: date,
    commit,
    payloadBytes,
    ...(registry ? { registry } : {}),
    outcomes: outcomes.map(({ command, failure, ...outcome }) => ({
      ...outcome,
      ...(command ? { command: shown(bench, command) } : {}),
      ...(failure === undefined ? {} : { failure: redacted(bench, failure) }),
    })),
    goals: job.goals.map((goal) => {
      const verdict = goal.judge(comparison);
      return { text: goal.text, isFirm: goal.isFirm ?? false, ...verdict, measured: redacted(bench, verdict.measured) };
    }),
  };
}

/** A command line without what only this run knows. */
function shown(bench: Bench, command: Command | OwnWork): string {
  if ("run" in command) return command.what;
  const { args, file } = command;
  const words = file === process.execPath ? args : [basename(file), ...args];
  const line = words.map((word) => (word.endsWith("/bin/mreg.js") ? "mreg" : word)).join(" ");
  return redacted(bench, line);
}

function redacted({ directory, home }: Bench, text: string): string {
  return text
    .replaceAll(home, "$HOME")
    .replaceAll(directory, "$DIR")
    .replaceAll(/127\.0\.0\.1:\d+/g, "$REGISTRY");
}

/** Where results go: the committed files for a full run, a scratch folder for everything else. */
function placeFor(isCommitted: boolean): string {
  return isCommitted ? import.meta.dirname : resolve(import.meta.dirname, ".work");
}

/** What the last full run left; undefined before the first. */
export async function readResults(): Promise<Results | undefined> {
  const text = await readFile(resolve(placeFor(true), "RESULTS.json"), "utf8").catch(() => undefined);
  const results = text === undefined ? undefined : (JSON.parse(text) as Results);
  return results?.schemaVersion === 2 ? results : undefined;
}

/** Writes RESULTS.json and RESULTS.md, and returns where. */
export async function writeResults(results: Results, report: string, isCommitted: boolean): Promise<string> {
  const place = placeFor(isCommitted);
  await mkdir(place, { recursive: true });
  await writeFile(resolve(place, "RESULTS.json"), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(resolve(place, "RESULTS.md"), report);
  return place;
}
