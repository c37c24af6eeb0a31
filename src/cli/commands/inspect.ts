import { isAbsolute, resolve } from "node:path";
import type { ModelInspection } from "../../model/index.ts";
import type { CommandModule, Context, Outcome } from "../context.ts";
import { UsageError } from "../errors.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { withTarget } from "../options/target.ts";
import { renderInspect } from "../render/inspect.ts";
import type { InspectResult } from "../results/inspect.ts";

interface InspectOptions extends RegistryOptions, PolicyOptions {
  readonly tensors?: string | true;
}

/** Tensors that `--tensors` without a number lists. */
const listedTensors = 100;

export const command: CommandModule = {
  define(program, act) {
    const inspect = program
      .command("inspect <ref>")
      .description(
        "files, weights and metadata of a version, or of a directory; reads headers by range, downloads no weights",
      )
      .option("--tensors [count]", `list the tensors of the weights, ${listedTensors} unless a count is given`)
      .action((ref: string, options: InspectOptions) =>
        act(renderInspect, (context) => inspect_(context, ref, options)),
      );
    addPolicyOptions(addRegistryOptions(inspect));
    addExamples(inspect, [
      { line: "mreg inspect risk:v1", does: "what is in version 1" },
      { line: "mreg inspect ./model --tensors 5", does: "what a directory holds, before it is pushed" },
    ]);
  },
};

async function inspect_(context: Context, ref: string, options: InspectOptions): Promise<Outcome<InspectResult>> {
  const { signal } = context;
  const given = { signal, tensors: countOf(options.tensors) };
  if (isDirectory(ref)) {
    const { inspectDirectory } = await import("../../model/index.ts");
    const directory = resolve(context.cwd, ref);
    return { result: resultOf(await inspectDirectory(directory, given), { directory: ref, annotations: {} }) };
  }
  const { inspectModel, readModel } = await import("../../model/index.ts");
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository }) => {
    const view = await readModel(repository, descriptor, { signal });
    const { artifactType } = view.manifest.value;
    const about = {
      reference: pinned,
      digest: descriptor.digest,
      ...(artifactType ? { artifactType } : {}),
      annotations: { ...view.annotations },
      ...(view.config ? { config: { ...view.config } } : {}),
    };
    return { result: resultOf(await inspectModel(repository, view, given), about) };
  });
}

/** References never start like this: a model's directory does. */
function isDirectory(ref: string): boolean {
  return isAbsolute(ref) || /^\.{1,2}(?:[/\\]|$)/.test(ref);
}

function countOf(given: string | true | undefined): number {
  if (given === undefined) return 0;
  if (given === true) return listedTensors;
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw new UsageError(`--tensors ${given}: expected a number from 1 to 9,999,999`);
}

type About = Pick<InspectResult, "annotations"> & Partial<InspectResult>;

function resultOf(inspection: ModelInspection, about: About): InspectResult {
  const plain = structuredClone(inspection) as unknown as Omit<InspectResult, "kind" | "schemaVersion" | "annotations">;
  const weights = inspection.weights.map(({ metadata: _metadata, list, dtypes, ...rest }) => ({
    ...rest,
    ...(dtypes ? { dtypes: { ...dtypes } } : {}),
    ...(list ? { list: list.map(({ shape, ...tensor }) => ({ ...tensor, shape: [...shape] })) } : {}),
  }));
  return { kind: "inspect", schemaVersion: 1, ...about, ...plain, weights };
}
