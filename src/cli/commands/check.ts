import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import {
  addReportOptions,
  checkReports,
  decisionExitCode,
  type ReportOptions,
  writeReports,
} from "../options/reports.ts";
import { addSigningOptions, readActor, type SigningOptions } from "../options/signing.ts";
import { withTarget } from "../options/target.ts";
import { renderDecision, viewDecision } from "../render/decision.ts";
import type { CheckResult } from "../results/check.ts";

export interface CheckOptions extends RegistryOptions, SigningOptions, PolicyOptions, ReportOptions {
  readonly to: string;
}

export const command: CommandModule = {
  define(program, act) {
    const check = program
      .command("check <ref>")
      .description("evaluate the gates of a transition, write nothing; exit 3 when it would be denied")
      .requiredOption("--to <state>", "state to move to")
      .action((ref: string, options: CheckOptions) =>
        act(
          ({ decision }: CheckResult, paint) => renderDecision(decision, paint, "Nothing was written."),
          (context) => check_(context, ref, options),
        ),
      );
    addReportOptions(addPolicyOptions(addSigningOptions(addRegistryOptions(check))));
    addExamples(check, [
      { line: "mreg check risk:v1 --to staging", does: "what is missing, without saying who asks" },
      {
        line: "mreg check risk:v1 --to staging --key mike.key --format json",
        does: "what `mreg promote` would decide for Mike",
      },
    ]);
  },
};

async function check_(context: Context, ref: string, options: CheckOptions): Promise<Outcome<CheckResult>> {
  checkReports(options);
  const policy = await openPolicy(context, options);
  const actor = await readActor(context, options);
  const { check } = await import("../../lifecycle/index.ts");
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository, version }) => {
    const { clock, signal } = context;
    const request = {
      policy,
      target: descriptor,
      to: options.to,
      clock,
      signal,
      ...version,
      ...(actor ? { actor } : {}),
    };
    const decision = await check(repository, request);
    const result: CheckResult = {
      kind: "check",
      schemaVersion: 1,
      reference: pinned,
      decision: viewDecision(decision),
    };
    await writeReports(context, options, result.decision);
    return { result, exitCode: decisionExitCode(options, result.decision) };
  });
}
