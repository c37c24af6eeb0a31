/**
 * Breaks the code one expression at a time and runs its tests: a mutant that survives is a line that no test holds.
 *
 * Stryker does the work, in a copy of the tree (`stryker.config.js`). Lists the survivors, and ends with 1 when there
 * is one that `mutants/equivalent.ts` does not explain.
 */
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { areas } from "./mutants/areas.ts";
import { equivalents } from "./mutants/equivalent.ts";

type Mutant = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

const help = `npm run mutants [-- <source file or directory>… [--tests <test file or directory>]…]

Without arguments it breaks ${areas.flatMap(({ sources }) => sources).join(", ")}.
--tests names the tests that have to notice; else they are those of the area in scripts/mutants/areas.ts, or those below
the source's directory.
`;

const glob = (path: string, ending: string) => (path.endsWith(".ts") ? path : `${path}/**/*${ending}`);
const oneLine = (text: string) => text.replaceAll(/\s+/g, " ");
const brief = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}…` : text);

function testsOf(source: string): readonly string[] {
  const area = areas.find(({ sources }) => sources.some((path) => source === path || source.startsWith(`${path}/`)));
  return area?.tests ?? [source.endsWith(".ts") ? dirname(source) : source];
}

/** A mutant as a person reads it, and as `mutants/equivalent.ts` names it. */
function described({ fileName, location: { start, end }, replacement }: Mutant) {
  const file = relative(".", fileName);
  const lines = readFileSync(file, "utf8").split("\n");
  const broken = lines.slice(start.line - 1, end.line);
  broken.push((broken.pop() ?? "").slice(0, end.column - 1));
  const was = broken.join("\n").slice(start.column - 1);
  const change = `${brief(oneLine(was))} → ${brief(oneLine(replacement))}`;
  return { file, at: start.line, line: (lines[start.line - 1] ?? "").trim(), change };
}

/** Prints a file's row and returns how many things in it need a look. */
function report(file: string, mutants: readonly Mutant[]): number {
  const living = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage").map(described);
  const listed = equivalents.filter((one) => one.file === file);
  const explains = (one: (typeof listed)[number], { line, change }: (typeof living)[number]) =>
    one.line === line && one.change === change;
  const unexplained = living.filter((mutant) => !listed.some((one) => explains(one, mutant)));
  const stale = listed.filter((one) => !living.some((mutant) => explains(one, mutant)));
  const counts = [
    `${mutants.length - living.length} of ${mutants.length} found`,
    `${living.length - unexplained.length} equivalent`,
    `${unexplained.length} survived`,
  ];
  console.log(`${file}: ${counts.join(", ")}`);
  for (const { at, line, change } of unexplained) console.log(`  ${file}:${at}: ${change}\n      ${line}`);
  for (const { line, change } of stale) console.log(`  not alive, delete it from equivalent.ts: ${change} in ${line}`);
  return unexplained.length + stale.length;
}

async function judge(sources: readonly string[], tests: readonly string[]): Promise<number> {
  // Read by mutants/vitest.config.ts, in the processes that Stryker starts.
  process.env["MREG_MUTANTS_TESTS"] = tests.map((path) => glob(path, ".test.ts")).join();
  const all = await new Stryker({
    mutate: [...sources.map((path) => glob(path, ".ts")), "!**/*.test.ts"],
    tempDirName: join(tmpdir(), `mreg-mutants-${process.pid}`),
  }).runMutationTest();
  const results = all.filter(({ status }) => status !== "Ignored");
  const unrun = results.filter(({ status, testsCompleted }) => status === "Survived" && !testsCompleted);
  if (unrun.length > 0)
    throw new Error(`${unrun.length} survivors met no test at all: Stryker lost them, run it again`);
  const files = Map.groupBy(results, ({ fileName }) => relative(".", fileName));
  return [...files].reduce((left, [file, mutants]) => left + report(file, mutants), 0);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean" }, tests: { type: "string", multiple: true } },
  });
  if (values.help) return console.log(help);
  const named = positionals.map((path) => relative(".", path));
  const sources = named.length > 0 ? named : areas.flatMap((area) => area.sources);
  const missing = sources.filter((path) => !existsSync(path));
  if (missing.length > 0) throw new Error(`there is no ${missing.join(", ")}`);
  let left = 0;
  for (const [tests, paths] of Map.groupBy(sources, (path) => (values.tests ?? testsOf(path)).join())) {
    left += await judge(paths, tests.split(","));
  }
  console.log(`${left} left to look at`);
  process.exitCode = left > 0 ? 1 : 0;
}

await main();
