import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addHeadOptions } from "../options/heads.ts";
import { addPolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { addServableOptions, checkServable, type ServableOptions } from "../options/servable.ts";
import { withTarget } from "../options/target.ts";
import { safe } from "../render/text.ts";
import type { ResolveResult } from "../results/resolve.ts";

type ResolveOptions = RegistryOptions & ServableOptions;

export const command: CommandModule = {
  define(program, act) {
    const resolve = program
      .command("resolve <ref>")
      .description("print the pinned reference; a state such as risk@production is answered by the verified chain")
      .action((ref: string, options: ResolveOptions) => act(render, (context) => resolve_(context, ref, options)));
    addHeadOptions(addServableOptions(addPolicyOptions(addRegistryOptions(resolve))));
    addExamples(resolve, [
      { line: "mreg resolve risk:v1", does: "pin a tag" },
      { line: "mreg resolve models:/risk@production", does: "pin what production serves" },
    ]);
  },
};

async function resolve_(context: Context, ref: string, options: ResolveOptions): Promise<Outcome<ResolveResult>> {
  return withTarget(context, ref, options, async (target) => {
    const { descriptor, pinned, repository } = target;
    await checkServable(context, target, options);
    const { digest, mediaType, size } = descriptor;
    const { location } = repository;
    return { result: { kind: "resolve", schemaVersion: 1, reference: pinned, digest, mediaType, size, location } };
  });
}

const render = (result: ResolveResult): string => safe(result.reference);
