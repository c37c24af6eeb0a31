import type { CommandModule, Context, Outcome } from "../context.ts";
import { addExamples } from "../options/examples.ts";
import { addPolicyOptions, type PolicyOptions } from "../options/policy.ts";
import { addRegistryOptions, type RegistryOptions } from "../options/registry.ts";
import { withTarget } from "../options/target.ts";
import type { Paint } from "../render/paint.ts";
import { formatBytes, safe, shortDigest, table } from "../render/text.ts";
import type { InspectResult } from "../results/inspect.ts";

type InspectOptions = RegistryOptions & PolicyOptions;

export const command: CommandModule = {
  define(program, act) {
    const inspect = program
      .command("inspect <ref>")
      .description("files, weights and metadata of a version; reads headers by range, downloads no weights")
      .action((ref: string, options: InspectOptions) => act(render, (context) => inspect_(context, ref, options)));
    addPolicyOptions(addRegistryOptions(inspect));
    addExamples(inspect, [
      { line: "mreg inspect risk:v1", does: "what is in version 1" },
      { line: "mreg inspect risk@production --format json", does: "what production serves, as JSON" },
    ]);
  },
};

async function inspect_(context: Context, ref: string, options: InspectOptions): Promise<Outcome<InspectResult>> {
  const { inspectModel, readModel } = await import("../../model/index.ts");
  return withTarget(context, ref, options, async ({ descriptor, pinned, repository }) => {
    const { signal } = context;
    const view = await readModel(repository, descriptor, { signal });
    const { files, weights, ...facts } = await inspectModel(repository, view, { signal });
    const { artifactType } = view.manifest.value;
    const result: InspectResult = {
      kind: "inspect",
      schemaVersion: 1,
      reference: pinned,
      digest: descriptor.digest,
      ...(artifactType ? { artifactType } : {}),
      annotations: { ...view.annotations },
      ...(view.config ? { config: { ...view.config } } : {}),
      ...facts,
      files: files.map((file) => ({ ...file })),
      weights: weights.map(({ metadata: _metadata, dtypes, ...rest }) => ({
        ...rest,
        ...(dtypes ? { dtypes: { ...dtypes } } : {}),
      })),
    };
    return { result };
  });
}

function render(result: InspectResult, paint: Paint): string {
  const { config } = (result.config ?? {}) as { readonly config?: Readonly<Record<string, unknown>> };
  const facts = Object.entries({ artifactType: result.artifactType, ...config, ...result.annotations });
  const rows = facts.flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : []));
  return [
    table(rows),
    "",
    table(result.files.map(({ path, kind, size, digest }) => [path, kind, formatBytes(size), shortDigest(digest)])),
    "",
    ...result.weights.map((weights) => renderWeights(weights, paint)),
    `total ${formatBytes(result.totalBytes)}; tokenizer: ${result.hasTokenizer ? "yes" : "no"}; chat template: ${result.hasChatTemplate ? "yes" : "no"}`,
    safe(result.reference),
  ].join("\n");
}

function renderWeights(
  { path, format, tensors, parameters, dtypes, problem }: InspectResult["weights"][number],
  paint: Paint,
): string {
  if (problem !== undefined) return `${paint.bad("✗")} ${safe(path)}: ${safe(problem)}`;
  if (tensors === undefined) return `${safe(path)}: ${safe(format ?? "unknown format")}, header not read`;
  const types = Object.keys(dtypes ?? {}).join(", ");
  return `${safe(path)}: ${safe(format ?? "")}, ${tensors} tensors, ${(parameters ?? 0).toLocaleString("en")} parameters, ${safe(types)}`;
}
