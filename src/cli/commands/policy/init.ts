import { writeFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { Command } from "commander";
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
  const before = options.from === undefined ? undefined : await readBefore(context, options.from, options);
  const name = options.name ?? before?.name ?? "models";
  const replaces = before && before.name !== name ? { replaces: before.name } : {};
  const text = levelPolicyYaml({ level, ...before, name, ...replaces });
  const { digest } = parsePolicy(text);
  await writeFile(path, text, { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
    const reason =
      cause.code === "EEXIST" ? "is there already; nothing was written" : `cannot be written: ${cause.message}`;
    throw new UsageError(`${path} ${reason}`, { cause });
  });
  return { result: { kind: "policy-init", schemaVersion: 1, file: relative(context.cwd, path), level, digest } };
}

/** What the next policy keeps of the one before. */
async function readBefore(context: Context, from: string, options: RegistryOptions) {
  const { yaml, bases } = await readPolicyText(context, { ...options, policy: from });
  const { readPolicyFile } = await import("../../../lifecycle/policy/read-file.ts");
  const { parsePolicy } = await import("../../../lifecycle/policy/parse.ts");
  const texts = textsOf(bases);
  // What cannot be used has no successor.
  const { name, version } = parsePolicy(yaml, { bases: texts });
  const { identities = {}, roles = {} } = readPolicyFile(yaml, texts).file ?? {};
  return { name, version: version + 1, identities, roles };
}

const render = ({ file, level, digest }: PolicyInitResult): string =>
  [
    `wrote ${safe(file)}, level ${level}`,
    `digest ${digest}`,
    "next: put keys and roles into it, then mreg policy lint",
  ].join("\n");
