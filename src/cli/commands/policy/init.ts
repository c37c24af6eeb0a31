import { writeFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import type { Act, Context, Outcome } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { addExamples } from "../../options/examples.ts";
import { policyFileName } from "../../options/policy.ts";
import { safe } from "../../render/text.ts";
import type { PolicyInitResult } from "../../results/policy.ts";

interface InitOptions {
  readonly level: string;
  readonly name: string;
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
    .option("--name <name>", "name of the policy", "models")
    .option("-o, --output <file>", "where to write it", policyFileName)
    .action((options: InitOptions) => act(render, (context) => init_(context, options)));
  addExamples(init, [
    { line: "mreg policy init -o level-1.yaml", does: "a policy to start with: add keys and roles" },
    { line: "mreg policy init --level 3 --name risk-models -o level-3.yaml", does: "two people, data held back" },
  ]);
}

async function init_(context: Context, options: InitOptions): Promise<Outcome<PolicyInitResult>> {
  const { levelPolicyYaml, policyLevels } = await import("../../../lifecycle/policy/levels.ts");
  const { parsePolicy } = await import("../../../lifecycle/policy/parse.ts");
  const level = policyLevels.find((one) => String(one) === options.level);
  if (level === undefined)
    throw new UsageError(`--level is ${options.level}, expected one of ${policyLevels.join(", ")}`);
  const path = resolve(context.cwd, options.output);
  const text = levelPolicyYaml({ level, name: options.name });
  const { digest } = parsePolicy(text);
  await writeFile(path, text, { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
    const reason =
      cause.code === "EEXIST" ? "is there already; nothing was written" : `cannot be written: ${cause.message}`;
    throw new UsageError(`${path} ${reason}`, { cause });
  });
  return { result: { kind: "policy-init", schemaVersion: 1, file: relative(context.cwd, path), level, digest } };
}

const render = ({ file, level, digest }: PolicyInitResult): string =>
  [
    `wrote ${safe(file)}, level ${level}`,
    `digest ${digest}`,
    "next: put keys and roles into it, then mreg policy lint",
  ].join("\n");
