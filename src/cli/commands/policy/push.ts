import type { Command } from "commander";
import type { Act, Context, Outcome } from "../../context.ts";
import { addExamples } from "../../options/examples.ts";
import { readPolicyText, textsOf } from "../../options/policy-text.ts";
import { addRegistryOptions, type RegistryOptions } from "../../options/registry.ts";
import { pin, withModel } from "../../options/target.ts";
import { safe } from "../../render/text.ts";
import type { PolicyPushResult } from "../../results/policy.ts";

interface PushOptions extends RegistryOptions {
  readonly policy?: string;
}

export function definePush(policy: Command, act: Act): void {
  const push = policy
    .command("push <name>")
    .description("push the policy, with those it extends, to a repository; prints the pinned reference for --policy")
    .option("--policy <file>", "policy; default: that of the project")
    .action((name: string, options: PushOptions) => act(render, (context) => push_(context, name, options)));
  addRegistryOptions(push);
  addExamples(push, [
    { line: "mreg policy push policies/risk", does: "the policy of this project, under a name of its own" },
    { line: "mreg policy push policies/risk:v1 --format json", does: "the same, with a tag for people" },
  ]);
}

async function push_(context: Context, name: string, options: PushOptions): Promise<Outcome<PolicyPushResult>> {
  const { yaml, ...text } = await readPolicyText(context, options);
  const bases = textsOf(text.bases);
  const { parsePolicy } = await import("../../../lifecycle/policy/parse.ts");
  const { pushPolicy } = await import("../../../lifecycle/policy/policy-artifact.ts");
  // What nobody could use must not be published.
  const { name: title, version, digest } = parsePolicy(yaml, { bases });
  return withModel(context, name, options, async ({ reference, repository }) => {
    const { signal } = context;
    const descriptor = await pushPolicy(repository, { yaml, bases }, { signal });
    if (reference.tag !== undefined) await repository.tag(descriptor, reference.tag, { once: true, signal });
    const policy = { name: title, version, digest };
    return { result: { kind: "policy-push", schemaVersion: 1, reference: pin(reference, descriptor), policy } };
  });
}

const render = ({ reference, policy }: PolicyPushResult): string =>
  [safe(reference), `policy ${safe(policy.name)}@${policy.version} ${policy.digest}`].join("\n");
