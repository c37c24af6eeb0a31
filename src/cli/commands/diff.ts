import type { TensorDifference } from "../../model/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { withTarget } from "../options/target.ts";
import { renderDiff } from "../render/diff.ts";
import type { DiffResult } from "../results/diff.ts";

type DiffOptions = RegistryOptions & PolicyOptions;

interface DiffRequest {
  readonly before: string;
  readonly after: string;
  readonly options: DiffOptions;
}

export const command: CommandModule = {
  define(program, act) {
    const diff = program
      .command("diff <before> <after>")
      .description("what changed between two versions, down to tensors; downloads no weights, verifies nothing")
      .action((before: string, after: string, options: DiffOptions) =>
        act(renderDiff, (context) => diff_(context, { before, after, options })),
      );
    addPolicyOptions(addRegistryOptions(diff));
    addExamples(diff, [
      { line: "mreg diff risk:v1 risk:v2", does: "files, metadata and tensors that changed from version 1 to 2" },
      { line: "mreg diff risk@production risk:v2 --format json", does: "what version 2 would change, as JSON" },
    ]);
  },
};

async function diff_(context: Context, { before, after, options }: DiffRequest): Promise<Outcome<DiffResult>> {
  const { diffModels } = await import("../../model/index.ts");
  return withTarget(context, before, options, (old) =>
    withTarget(context, after, options, async (now) => {
      const { tensors, ...rest } = await diffModels(
        { store: old.repository, target: old.descriptor },
        { store: now.repository, target: now.descriptor },
        { signal: context.signal },
      );
      const { files, config, annotations, settings, evidence, problems, ...facts } = rest;
      const result: DiffResult = {
        kind: "diff",
        schemaVersion: 1,
        before: old.pinned,
        after: now.pinned,
        ...facts,
        files: [...files],
        config: [...config],
        annotations: [...annotations],
        settings: [...settings],
        tensors: { same: tensors.same, differences: tensors.differences.map(tensorResult) },
        evidence: [...evidence],
        problems: [...problems],
      };
      return { result };
    }),
  );
}

function tensorResult({ before, after, ...rest }: TensorDifference): DiffResult["tensors"]["differences"][number] {
  return {
    ...rest,
    ...(before ? { before: { ...before, shape: [...before.shape] } } : {}),
    ...(after ? { after: { ...after, shape: [...after.shape] } } : {}),
  };
}
