import type { Command } from "commander";
import type { Act, Context, Outcome } from "../../context.ts";
import { exitCodes } from "../../exit-code.ts";
import { addExamples } from "../../options/examples.ts";
import { readPolicyText } from "../../options/policy-text.ts";
import { addRegistryOptions, type RegistryOptions } from "../../options/registry.ts";
import type { Paint } from "../../render/paint.ts";
import { safe } from "../../render/text.ts";
import type { PolicyLintResult } from "../../results/policy.ts";

interface LintOptions extends RegistryOptions {
  readonly failOnWarn?: boolean;
}

export function defineLint(policy: Command, act: Act): void {
  const lint = policy
    .command("lint [file]")
    .description("find what is wrong, unreachable, weakened or cannot pass; exit 2 for errors")
    .option("--fail-on-warn", "exit 10 when there are only warnings")
    .action((file: string | undefined, options: LintOptions) =>
      act(render, (context) => lint_(context, file, options)),
    );
  addRegistryOptions(lint);
  addExamples(lint, [
    { line: "mreg policy lint", does: "the policy of this project, with line numbers" },
    { line: "mreg policy lint mreg.policy.yaml --format json", does: "the same, for a pipeline" },
  ]);
}

async function lint_(
  context: Context,
  file: string | undefined,
  options: LintOptions,
): Promise<Outcome<PolicyLintResult>> {
  const { bases, ...own } = await readPolicyText(context, { ...options, ...(file ? { policy: file } : {}) });
  const { lintPolicy } = await import("../../../lifecycle/policy/lint.ts");
  const findings = lintPolicy(own, { bases, now: context.clock() }).map((finding) => ({ ...finding }));
  const hasErrors = findings.some(({ level }) => level === "error");
  const warned = options.failOnWarn && findings.length > 0 ? exitCodes.warnings : exitCodes.done;
  return {
    result: { kind: "policy-lint", schemaVersion: 1, file: own.name, findings },
    exitCode: hasErrors ? exitCodes.usage : warned,
  };
}

function render({ file, findings }: PolicyLintResult, paint: Paint): string {
  if (findings.length === 0) return `${safe(file)}: nothing to say`;
  return findings
    .map(({ level, file: place, line, column, path, message }) => {
      const label = level === "error" ? paint.bad(level) : level;
      return `${safe(place)}:${line}:${column}: ${label}: ${safe(path)}: ${safe(message)}`;
    })
    .join("\n");
}
