import { resolve } from "node:path";
import type { Command } from "commander";
import { warns } from "../../lifecycle/decision/decision.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import type { DecisionView } from "../results/decision.ts";
import { packageVersion } from "../version.ts";
import { gather } from "./values.ts";

export interface ReportOptions {
  readonly report: readonly string[];
  readonly failOnWarn?: boolean;
}

/** Adds `--report` and `--fail-on-warn`. */
export function addReportOptions(command: Command): Command {
  return command
    .option("--report <format=file>", "also write the gates as sarif=<file> or junit=<file>, repeatable", gather, [])
    .option("--fail-on-warn", "exit 10, and make no move, when it is allowed and something only warns");
}

/** Refuses a report that could not be written as asked, before any work. */
export function checkReports({ report }: ReportOptions): void {
  for (const one of report) readReport(one);
}

/** Writes the reports that were asked for, and tells a CI system that shows such things. */
export async function writeReports(context: Context, { report }: ReportOptions, decision: DecisionView): Promise<void> {
  for (const one of report) {
    const { format, file } = readReport(one);
    const text = format === "sarif" ? await sarif(decision) : await junit(decision);
    const { writeFileAtomic } = await import("../../base/atomic-file.ts");
    await writeFileAtomic(resolve(context.cwd, file), text);
  }
  const { reportToGithub } = await import("../reports/github.ts");
  await reportToGithub(context, decision);
}

/** How a command ends that asked the gates. */
export function decisionExitCode({ failOnWarn }: ReportOptions, decision: DecisionView): number {
  if (!decision.allowed) return exitCodes.denied;
  return failOnWarn && warns(decision) ? exitCodes.warnings : exitCodes.done;
}

async function sarif(decision: DecisionView): Promise<string> {
  const { sarifReport } = await import("../reports/sarif.ts");
  return sarifReport(decision, { version: packageVersion() });
}

async function junit(decision: DecisionView): Promise<string> {
  const { junitReport } = await import("../reports/junit.ts");
  return junitReport(decision);
}

function readReport(text: string): { readonly format: "sarif" | "junit"; readonly file: string } {
  const [format, ...rest] = text.split("=");
  const file = rest.join("=");
  if ((format === "sarif" || format === "junit") && file !== "") return { format, file };
  throw new UsageError(`--report is ${JSON.stringify(text)}, expected sarif=<file> or junit=<file>`);
}
