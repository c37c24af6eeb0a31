/**
 * Breaks the gates one comparison at a time and runs their tests: a mutant that survives is a line that no test holds.
 *
 * `npx node scripts/mutate-gates.ts [part of a file name]…` works on a copy of the tree in the temporary directory, takes
 * a few seconds for each mutant, lists the survivors and ends with 1 when there are any.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const gates = "src/lifecycle/gates";
const tests = ["src/lifecycle/gates", "src/lifecycle/decide.test.ts", "src/lifecycle/policy-table"];

/** What is written there, and what is written instead. */
const swaps: readonly (readonly [found: RegExp, instead: string])[] = [
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ <= /g, " < "],
  [/ >= /g, " > "],
  [/ < /g, " <= "],
  [/ > /g, " >= "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/\.some\(/g, ".every("],
  [/\.every\(/g, ".some("],
  [/\(!/g, "("],
];

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly was: string;
  readonly text: string;
}

/** Every change of a file, one at a time; comments and types are left alone. */
function mutantsOf(file: string, source: string): readonly Mutant[] {
  return source.split("\n").flatMap((line, at, lines) => {
    if (/^\s*(?:\/\/|\/?\*|import |export type|readonly |type |interface )/.test(line)) return [];
    return swaps.flatMap(([found, instead]) =>
      [...line.matchAll(found)].map((match): Mutant => {
        const changed = line.slice(0, match.index) + instead + line.slice(match.index + match[0].length);
        const text = [...lines.slice(0, at), changed, ...lines.slice(at + 1)].join("\n");
        return { file, line: at + 1, was: changed.trim(), text };
      }),
    );
  });
}

/** Tells whether the tests still pass in the copy. */
function survives(copy: string): boolean {
  const arguments_ = ["node_modules/vitest/vitest.mjs", "run", "--project", "unit", "--bail", "1", ...tests];
  return spawnSync(process.execPath, arguments_, { cwd: copy, stdio: "ignore", timeout: 300_000 }).status === 0;
}

function main(wanted: readonly string[]): void {
  const copy = mkdtempSync(join(tmpdir(), "mreg-mutants-"));
  try {
    for (const part of ["src", "test", "scripts", "examples", "package.json", "tsconfig.json", "vitest.config.ts"]) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    if (!survives(copy)) throw new Error("the tests fail before anything was changed");
    const files = readdirSync(join(root, gates)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
    const chosen = files.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
    const survivors = chosen.flatMap((name) => {
      const path = join(gates, name);
      const source = readFileSync(join(root, path), "utf8");
      const mutants = mutantsOf(path, source);
      const living = mutants.filter(({ text }) => {
        writeFileSync(join(copy, path), text);
        return survives(copy);
      });
      writeFileSync(join(copy, path), source);
      console.log(`${path}: ${mutants.length - living.length} of ${mutants.length} found`);
      for (const { line, was } of living) console.log(`  ${path}:${line}: ${was}`);
      return living;
    });
    console.log(`${survivors.length} survived`);
    process.exitCode = survivors.length > 0 ? 1 : 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

main(process.argv.slice(2));
