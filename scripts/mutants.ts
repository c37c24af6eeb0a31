/**
 * Breaks the code one expression at a time and runs its tests: a mutant that survives is a line that no test holds.
 *
 * Works on a copy of the tree in the temporary directory. All mutants of a file are compiled into it and switched on one
 * after the other in one process, so that a mutant costs its tests and not the start of a test runner. Lists the
 * survivors, and ends with 1 when there is one that `mutants/equivalent.ts` does not explain.
 */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { areas } from "./mutants/areas.ts";
import { type Equivalent, equivalents } from "./mutants/equivalent.ts";
import { instrument, type Mutant } from "./mutants/instrument.ts";
import { type Outcome, provePassing, runMutants } from "./mutants/run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const help = `npm run mutants [-- <source file or directory>… [--tests <test file or directory>]…]

Without arguments it breaks ${areas.flatMap(({ sources }) => sources).join(", ")}.
--tests names the tests that have to notice, in the order in which they run; else they are those of the area in
scripts/mutants/areas.ts, or those below the source's directory. The test named like the source runs first.
--killers also lists the test that found each mutant.
`;

/** Files below a path, or the path itself if it is one; of the copy, since the tree may change meanwhile. */
function filesBelow(copy: string, path: string): readonly string[] {
  if (path.endsWith(".ts")) return [path];
  return readdirSync(join(copy, path), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(path, name));
}

const isTest = (path: string) => path.endsWith(".test.ts");

function testsOf(copy: string, source: string, given: readonly string[]): readonly string[] {
  const area = areas.find(({ sources }) => sources.some((path) => source === path || source.startsWith(`${path}/`)));
  const places = given.length > 0 ? given : (area?.tests ?? [join(source, "..")]);
  const own = source.replace(/\.ts$/, ".test.ts");
  return [
    ...new Set([
      ...(existsSync(join(copy, own)) ? [own] : []),
      ...places.flatMap((path) => filesBelow(copy, path)).filter(isTest),
    ]),
  ];
}

function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), "mreg-mutants-"));
  for (const part of ["src", "test", "scripts", "examples", "schemas", "docs"]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  for (const part of ["package.json", "tsconfig.json", "vitest.config.ts"]) cpSync(join(root, part), join(copy, part));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** Breaks one file in every way. */
async function judge(copy: string, file: string, tests: readonly string[]): Promise<readonly Outcome[]> {
  const source = readFileSync(join(copy, file), "utf8");
  const { text, mutants } = instrument(file, source);
  if (mutants.length === 0) return [];
  writeFileSync(join(copy, file), text);
  try {
    return await runMutants(copy, mutants, tests);
  } finally {
    writeFileSync(join(copy, file), source);
  }
}

const explains = ({ file, line, change }: Equivalent, mutant: Mutant) =>
  file === mutant.file && line === mutant.text && change === mutant.change;

/** Prints a file's row and returns how many things in it need a look. */
function report(file: string, outcomes: readonly Outcome[], withKillers: boolean): number {
  const living = outcomes.filter(({ killer }) => killer === undefined);
  const listed = equivalents.filter((one) => one.file === file);
  const unexplained = living.filter(({ mutant }) => !listed.some((one) => explains(one, mutant)));
  const stale = listed.filter((one) => !living.some(({ mutant }) => explains(one, mutant)));
  const found = outcomes.length - living.length;
  const equivalent = living.length - unexplained.length;
  console.log(
    `${file}: ${found} of ${outcomes.length} found, ${equivalent} equivalent, ${unexplained.length} survived`,
  );
  for (const { mutant } of unexplained) console.log(`  ${file}:${mutant.line}: ${mutant.change}\n      ${mutant.text}`);
  for (const { line, change } of stale) console.log(`  not alive, delete it from equivalent.ts: ${change} in ${line}`);
  if (withKillers)
    for (const { mutant, killer } of outcomes) console.log(`  ${mutant.line}: ${mutant.change}: ${killer}`);
  return unexplained.length + stale.length;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      killers: { type: "boolean", default: false },
      tests: { type: "string", multiple: true, default: [] },
    },
  });
  if (values.help) return console.log(help);
  const paths = positionals.length > 0 ? positionals : areas.flatMap(({ sources }) => sources);
  const copy = copyTree();
  try {
    const files = [...new Set(paths.flatMap((path) => filesBelow(copy, path)))].filter((path) => !isTest(path));
    let left = 0;
    const proven = new Set<string>();
    for (const file of files) {
      const tests = testsOf(copy, file, values.tests);
      if (!proven.has(tests.join())) await provePassing(copy, tests);
      proven.add(tests.join());
      const outcomes = await judge(copy, file, tests);
      if (outcomes.length > 0) left += report(file, outcomes, values.killers);
    }
    console.log(`${left} left to look at`);
    process.exitCode = left > 0 ? 1 : 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

await main();
