import type { Repository } from "../../oci/content.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { exitCodes } from "../exit-code.ts";
import { addExamples } from "../options/examples.ts";
import { addHeadOptions, type HeadOptions, readHistory } from "../options/heads.ts";
import { addPolicyOptions, openPolicy, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, connect, type RegistryOptions } from "../options/registry.ts";
import { registryLocation, withModel } from "../options/target.ts";
import { parseAge } from "../options/values.ts";
import type { Paint } from "../render/paint.ts";
import { safe, shortDigest, table } from "../render/text.ts";
import type { SunsetDueResult } from "../results/sunset.ts";

interface SunsetOptions extends RegistryOptions, PolicyOptions, HeadOptions {
  /** Milliseconds. */
  readonly within: number;
  readonly failIfDue?: boolean;
}

export const command: CommandModule = {
  define(program, act) {
    const sunset = program.command("sunset").description("retired versions, and when they end");
    const due = sunset
      .command("due [name]")
      .description("retired versions whose sunset is over or near, the next one first")
      .option("--within <duration>", "how far to look ahead; 0d is what is over", parseAge, parseAge("90d"))
      .option("--fail-if-due", "exit 9 when anything is over, for a nightly job")
      .action((name: string | undefined, options: SunsetOptions) =>
        act(render, (context) => due_(context, name, options)),
      );
    addHeadOptions(addPolicyOptions(addRegistryOptions(due)));
    addExamples(due, [
      { line: "mreg sunset due", does: "everything that ends within 90 days, of all models" },
      { line: "mreg sunset due risk --within 0d --fail-if-due", does: "exit 9 when a sunset of risk is over" },
    ]);
  },
};

async function due_(
  context: Context,
  name: string | undefined,
  options: SunsetOptions,
): Promise<Outcome<SunsetDueResult>> {
  const now = context.clock();
  const until = new Date(now.getTime() + options.within);
  const policy = await openPolicy(context, options);
  const { sunsets } = await import("../../lifecycle/index.ts");
  const of = async (repository: Repository) => sunsets(await readHistory(context, repository, policy, options), now);
  const all =
    name === undefined
      ? await everyModel(context, options, of)
      : await withModel(context, name, options, ({ repository }) => of(repository));
  const due = all.filter(({ expiresAt }) => Date.parse(expiresAt) <= until.getTime());
  const result: SunsetDueResult = {
    ...{ kind: "sunset-due", schemaVersion: 1, within: until.toISOString() },
    due: due.map(({ model, version, ...rest }) => ({ name: model, version: `v${version}`, ...rest })),
  };
  const isOver = due.some(({ daysLeft }) => daysLeft <= 0);
  return { result, ...(options.failIfDue && isOver ? { exitCode: exitCodes.drift } : {}) };
}

async function everyModel<T>(
  context: Context,
  options: RegistryOptions,
  of: (repository: Repository) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const registry = await connect(context, registryLocation(context), options);
  const found: T[] = [];
  try {
    for await (const name of registry.repositories({ signal: context.signal })) {
      found.push(...(await of(registry.repository(name))));
    }
    return found;
  } finally {
    await registry.close();
  }
}

function render({ due, within }: SunsetDueResult, paint: Paint): string {
  if (due.length === 0) return `nothing ends by ${within}`;
  const rows = due.map(({ by, daysLeft, digest, expiresAt, held, name, successor, version }) => [
    `${safe(name)}:${version}`,
    daysLeft > 0 ? `${daysLeft} days` : paint.bad("over"),
    expiresAt,
    successor ?? "-",
    safe(by),
    held ? "held" : "",
    shortDigest(digest),
  ]);
  return table([["VERSION", "LEFT", "SUNSET", "SUCCESSOR", "RETIRED BY", "", "DIGEST"], ...rows]);
}
