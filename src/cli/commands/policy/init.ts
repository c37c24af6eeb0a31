import { writeFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import type { PolicyLevel } from "../../../lifecycle/policy/levels.ts";
import type { Act, Context, Outcome } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { addExamples } from "../../options/examples.ts";
import { policyFileName } from "../../options/policy.ts";
import { readPolicyText, textsOf } from "../../options/policy-text.ts";
import { addRegistryOptions, type RegistryOptions } from "../../options/registry.ts";
import { safe } from "../../render/text.ts";
import type { PolicyInitResult } from "../../results/policy.ts";

interface InitOptions extends RegistryOptions {
  readonly level: string;
  readonly name?: string;
  readonly from?: string;
  readonly output: string;
}

export function defineInit(policy: Command, act: Act): void {
  const init = policy
    .command("init")
    .description("write a policy of a level, with comments; never overwrites")
    .option(
      "--level <0-3>",
      "0: all allowed and recorded; 1: signed, described, evaluated; 2: approved; 3: two people",
      "1",
    )
    .option("--name <name>", "name of the policy; default: models, or that of --from")
    .option("--from <policy>", "policy whose place it takes: keeps its name, keys and roles, and raises its version")
    .option("-o, --output <file>", "where to write it", policyFileName)
    .action((options: InitOptions) => act(render, (context) => init_(context, options)));
  addRegistryOptions(init);
  addExamples(init, [
    { line: "mreg policy init -o level-1.yaml", does: "a policy to start with: add keys and roles" },
    { line: "mreg policy init --level 3 --name risk-models -o level-3.yaml", does: "two people, data held back" },
    {
      line: "mreg policy init --level 2 --from mreg.policy.yaml -o level-2.yaml",
      does: "the next level for the same people, under the next version",
    },
  ]);
}

async function init_(context: Context, options: InitOptions): Promise<Outcome<PolicyInitResult>> {
  const { levelPolicyYaml, policyLevels } = await import("../../../lifecycle/policy/levels.ts");
  const { parsePolicy } = await import("../../../lifecycle/policy/parse.ts");
  const level = policyLevels.find((one) => String(one) === options.level);
  if (level === undefined)
    throw new UsageError(`--level is ${options.level}, expected one of ${policyLevels.join(", ")}`);
  const path = resolve(context.cwd, options.output);
  const text =
    options.from === undefined
      ? levelPolicyYaml({ level, name: options.name ?? "models" })
      : await nextPolicy(context, options.from, { ...options, level });
  const { digest } = parsePolicy(text);
  await writeFile(path, text, { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
    const reason =
      cause.code === "EEXIST" ? "is there already; nothing was written" : `cannot be written: ${cause.message}`;
    throw new UsageError(`${path} ${reason}`, { cause });
  });
  return { result: { kind: "policy-init", schemaVersion: 1, file: relative(context.cwd, path), level, digest } };
}

/** The policy that follows another one: for the same people, and so that what they did before stays valid. */
async function nextPolicy(
  context: Context,
  from: string,
  { level, name, ...options }: RegistryOptions & { readonly level: PolicyLevel; readonly name?: string },
): Promise<string> {
  const { yaml, bases } = await readPolicyText(context, { ...options, policy: from });
  const { endedDelegations } = await import("../../../lifecycle/policy/handover.ts");
  const { levelPolicyYaml } = await import("../../../lifecycle/policy/levels.ts");
  const { parsePolicy } = await import("../../../lifecycle/policy/parse.ts");
  const { readPolicyFile } = await import("../../../lifecycle/policy/read-file.ts");
  const texts = textsOf(bases);
  // What cannot be used has no successor.
  const before = parsePolicy(yaml, { bases: texts });
  const { delegations = [], identities = {}, roles = {} } = readPolicyFile(yaml, texts).file ?? {};
  const next = {
    ...{ level, name: name ?? before.name, version: before.version + 1, identities, roles },
    ...(name === undefined || name === before.name ? {} : { replaces: before.name }),
  };
  const ended = endedDelegations(before, parsePolicy(levelPolicyYaml(next)), context.clock());
  return levelPolicyYaml({ ...next, delegations: [...delegations, ...ended] });
}

const render = ({ file, level, digest }: PolicyInitResult): string =>
  [
    `wrote ${safe(file)}, level ${level}`,
    `digest ${digest}`,
    "next: mreg policy lint, which says which keys and roles it lacks",
  ].join("\n");
