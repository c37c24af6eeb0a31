import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import type { CaseResult, TableResult } from "../../../lifecycle/policy-table/run.ts";
import type { Act, Context, Outcome } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { exitCodes } from "../../exit-code.ts";
import { addExamples } from "../../options/examples.ts";
import { readPolicyText, textsOf } from "../../options/policy-text.ts";
import { addRegistryOptions, type RegistryOptions } from "../../options/registry.ts";
import type { Paint } from "../../render/paint.ts";
import { safe, table } from "../../render/text.ts";
import type { PolicyTestResult } from "../../results/policy.ts";

interface TestOptions extends RegistryOptions {
  readonly policy?: string;
}

type Table = PolicyTestResult["tables"][number];

/** Largest table read; a thousand cases have some 300 KiB. */
const tableLimitBytes = 1024 * 1024;

export function defineTest(policy: Command, act: Act): void {
  const test = policy
    .command("test <table...>")
    .description("run tables of cases offline: given evidence, expected answer; exit 3 when an answer is another")
    .option("--policy <file>", "policy for all tables; default: the one each table names, or that of the project")
    .action((files: readonly string[], options: TestOptions) =>
      act(render, (context) => test_(context, files, options)),
    );
  addRegistryOptions(test);
  addExamples(test, [
    { line: "mreg policy test policy.test.yaml", does: "every case, and which gates no case has seen pass or fail" },
    { line: "mreg policy test policy.test.yaml --policy mreg.policy.yaml --format json", does: "the same, as JSON" },
  ]);
}

async function test_(
  context: Context,
  files: readonly string[],
  options: TestOptions,
): Promise<Outcome<PolicyTestResult>> {
  const tables: Table[] = [];
  for (const file of files) tables.push(await runTable(context, file, options));
  const wrong = tables.some(({ cases }) => cases.some(({ passed }) => !passed));
  return {
    result: { kind: "policy-test", schemaVersion: 1, tables },
    exitCode: wrong ? exitCodes.denied : exitCodes.done,
  };
}

async function runTable(context: Context, file: string, options: TestOptions): Promise<Table> {
  const { parsePolicyTable, runPolicyTable } = await import("../../../lifecycle/policy-table/run.ts");
  const { parsePolicy } = await import("../../../lifecycle/policy/parse.ts");
  const path = resolve(context.cwd, file);
  const text = await readFile(path).catch((cause: Error) => {
    throw new UsageError(`cannot read table ${path}: ${cause.message}`, { cause });
  });
  if (text.length > tableLimitBytes) {
    throw new UsageError(`${path} has ${text.length} bytes, expected at most ${tableLimitBytes}`);
  }
  const parsed = parsePolicyTable(text.toString("utf8"));
  const named = parsed.policy === undefined ? undefined : resolve(dirname(path), parsed.policy);
  const from = options.policy ?? named;
  const { yaml, bases } = await readPolicyText(context, { ...options, ...(from ? { policy: from } : {}) });
  const policy = parsePolicy(yaml, { bases: textsOf(bases) });
  const { name, version, digest } = policy;
  return { file, policy: { name, version, digest }, ...view(runPolicyTable(policy, parsed)) };
}

function view({ cases, coverage, untested }: TableResult): Omit<Table, "file" | "policy"> {
  return {
    cases: cases.map((one: CaseResult) => ({
      ...{ name: one.name, from: one.from, to: one.to, passed: one.passed },
      expected: [...one.expected],
      found: [...one.found],
      reasons: one.decision.gates.filter((gate) => !gate.passed).map(({ gate, reason }) => `${gate}: ${reason}`),
    })),
    coverage: coverage.map(({ from, to, kind, gate, passes, denials }) => ({
      ...{ from, to, transition: kind, gate, passes, failures: denials },
    })),
    untested: untested.map(({ from, to, kind }) => ({ from, to, transition: kind })),
  };
}

function render({ tables }: PolicyTestResult, paint: Paint): string {
  return tables.map((one) => renderTable(one, paint)).join("\n\n");
}

function renderTable({ file, policy, cases, coverage, untested }: Table, paint: Paint): string {
  const failed = cases.filter(({ passed }) => !passed);
  const half = coverage.filter(({ passes, failures }) => passes === 0 || failures === 0);
  const rows = half.map(({ from, to, gate, passes }) => [
    `${from} → ${to}`,
    gate,
    passes === 0 ? "never seen to pass" : "never seen to fail",
  ]);
  const both = coverage.length - half.length;
  return [
    `${safe(file)}: policy ${safe(policy.name)}@${policy.version}, ${cases.length - failed.length} of ${cases.length} as expected`,
    ...failed.flatMap(({ name, from, to, expected, found, reasons }) => [
      ` ${paint.bad("✗")} ${paint.strong(safe(name))}   ${safe(from)} → ${safe(to)}`,
      `     expected ${safe(expected.join(", ") || "allowed")}`,
      `     found    ${safe(found.join(", ") || "allowed")}`,
      ...reasons.map((reason) => `     ${paint.dim(safe(reason))}`),
    ]),
    ` ${both} of ${coverage.length} gates were seen to pass and to fail`,
    ...(rows.length > 0 ? [table(rows.map((row) => ["  ", ...row]))] : []),
    ...untested.map(({ from, to, transition }) => `   ${safe(from)} → ${safe(to)} (${transition}): no case`),
  ].join("\n");
}
