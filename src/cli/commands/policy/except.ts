import type { Command } from "commander";
import type { Act, Context, Outcome } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { addExamples } from "../../options/examples.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../../options/registry.ts";
import { addSigningOptions, openSigner, type SigningOptions } from "../../options/signing.ts";
import { withTarget } from "../../options/target.ts";
import { safe } from "../../render/text.ts";
import type { PolicyExceptResult } from "../../results/policy.ts";

interface ExceptOptions extends RegistryOptions, SigningOptions, PolicyOptions {
  readonly gate: string;
  readonly ticket: string;
  readonly until: string;
  readonly reason: string;
}

export function defineExcept(policy: Command, act: Act): void {
  const except = policy
    .command("except <ref>")
    .description("sign an exception: one gate, one version, one ticket, until a date")
    .requiredOption("--gate <gate>", "gate as a denial names it, such as eval.baseline")
    .requiredOption("--ticket <id>", "where the reasons are written down")
    .requiredOption("--until <time>", "end: a date, or a duration such as 14d")
    .requiredOption("--reason <text>", "why, in a sentence")
    .action((ref: string, options: ExceptOptions) => act(render, (context) => except_(context, ref, options)));
  addPolicyOptions(addSigningOptions(addRegistryOptions(except)));
  addExamples(except, [
    {
      line: 'mreg policy except risk:v1 --gate eval.baseline --ticket RISK-12 --until 7d --reason "new market" --key lea.key --policy excepting.yaml',
      does: "Lea answers for a step back, for a week",
    },
    {
      line: 'mreg policy except risk:v1 --gate runbook --ticket OPS-3 --until 1d --reason "in review" --key lea.key --policy excepting.yaml --format json',
      does: "the same for another gate, as JSON",
    },
  ]);
}

async function except_(context: Context, ref: string, options: ExceptOptions): Promise<Outcome<PolicyExceptResult>> {
  const policy = await openPolicy(context, options);
  const signer = await openSigner(context, options);
  const { except } = await import("../../../lifecycle/moves/except.ts");
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository, version }) => {
    const { clock, signal } = context;
    const { gate, reason, ticket, until } = options;
    if (version.version === undefined) throw new UsageError(`${ref} names no version, expected <name>:v<number>`);
    const request = {
      ...{ policy, target: descriptor, version: version.version, signer, clock, signal },
      gate,
      reason,
      ticket,
    };
    const exception = await except(repository, { ...request, until });
    const { digest } = exception.bundle;
    return {
      result: {
        ...{ kind: "policy-except", schemaVersion: 1, reference: pinned, gate, ticket },
        ...{ until: exception.until, exception: digest },
      },
    };
  });
}

const render = ({ reference, gate, ticket, until, exception }: PolicyExceptResult): string =>
  [`excepted ${safe(gate)} until ${until} (${safe(ticket)})`, `exception ${exception}`, safe(reference)].join("\n");
