import type { InspectResult } from "../results/inspect.ts";
import type { Paint } from "./paint.ts";
import { formatBytes, safe, shortDigest, table } from "./text.ts";

/** Files before the rest is only counted; `--format json` has all. */
const shownFiles = 200;

/** A stranger's text may be a megabyte long. */
const short = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** Writes what a look at a model told: facts, files, weights, and what deserves a second look. */
export function renderInspect(result: InspectResult, paint: Paint): string {
  const { files, weights, totalBytes } = result;
  const more = files.length - shownFiles;
  const rows = files
    .slice(0, shownFiles)
    .map(({ path, kind, size, digest }) => [path, kind, formatBytes(size), digest ? shortDigest(digest) : ""]);
  const warnings = warningsOf(result).map((line) => `${paint.bad("✗")} ${safe(short(line))}`);
  return [
    table(factsOf(result).map(([key, value]) => [key, short(value)])),
    "",
    table(rows),
    ...(more > 0 ? [`… and ${more} more files`] : []),
    "",
    ...weights.flatMap((one) => renderWeights(one, paint)),
    ...warnings,
    ...result.notes.map((note) => `note: ${safe(short(note))}`),
    `total ${formatBytes(totalBytes)}; tokenizer: ${result.hasTokenizer ? "yes" : "no"}; chat template: ${result.hasChatTemplate ? "yes" : "no"}`,
    safe(result.reference ?? result.directory ?? ""),
  ].join("\n");
}

type Rows = readonly (readonly [key: string, value: string])[];

function factsOf(result: InspectResult): Rows {
  const { summary, tokenizer, mlflow, licenses, baseModels, chatTemplates } = result;
  const { parameters, paramSize: _, ...facts } = summary;
  const words = [tokenizer?.kind, tokenizer?.vocabSize === undefined ? undefined : `${tokenizer.vocabSize} words`];
  const optional: Rows = [
    ...(result.artifactType ? [["artifactType", result.artifactType] as const] : []),
    ...Object.entries(facts).map(([key, value]) => [key, String(value)] as const),
    ...(parameters === undefined ? [] : [["parameters", parameters.toLocaleString("en")] as const]),
    ...(tokenizer ? [["tokenizer", words.filter(Boolean).join(", ")] as const] : []),
  ];
  return [
    ...optional,
    ...chatTemplates.map(({ source, name, size, digest }) => {
      const which = name === undefined ? source : `${source} (${name})`;
      return ["chat template", `${which}, ${formatBytes(size)}, ${shortDigest(digest)}`] as const;
    }),
    ...licenses.map(({ source, text }) => ["licence", `${text} (${source})`] as const),
    ...baseModels.map(({ source, text }) => ["base model", `${text} (${source})`] as const),
    ...(mlflow ? mlflowRows(mlflow) : []),
    ...Object.entries(result.annotations),
  ];
}

function mlflowRows({
  flavors,
  runId,
  signature,
  requirements,
  mlflowVersion,
}: NonNullable<InspectResult["mlflow"]>): Rows {
  const names = flavors.map(({ name, version, data }) =>
    [name, version, data && `(${data})`].filter(Boolean).join(" "),
  );
  return [
    ["mlflow", [mlflowVersion, ...names].filter(Boolean).join(", ")],
    ...(runId ? [["mlflow run", runId] as const] : []),
    ...(signature?.inputs ? [["inputs", signature.inputs] as const] : []),
    ...(signature?.outputs ? [["outputs", signature.outputs] as const] : []),
    ...(requirements ? [["requirements", requirements.join(", ")] as const] : []),
  ];
}

function warningsOf({ chatTemplates, remoteCode }: InspectResult): readonly string[] {
  return [
    ...remoteCode.map(({ source, text }) => `${source} asks loaders to run code of the model: ${text}`),
    ...chatTemplates.flatMap(({ source, risks }) => risks.map((risk) => `chat template of ${source}: ${risk}`)),
  ];
}

function renderWeights(
  { path, format, tensors, parameters, dtypes, list, problem }: InspectResult["weights"][number],
  paint: Paint,
): readonly string[] {
  if (problem !== undefined) return [`${paint.bad("✗")} ${safe(path)}: ${safe(short(problem))}`];
  if (tensors === undefined) return [`${safe(path)}: ${safe(format ?? "unknown format")}, header not read`];
  const types = Object.keys(dtypes ?? {}).join(", ");
  const rows = (list ?? []).map(({ name, dtype, shape }) => [short(name), dtype, `[${shape.join(", ")}]`]);
  const listed = rows.length > 0 ? table(rows).split("\n") : [];
  return [
    `${safe(path)}: ${safe(format ?? "")}, ${tensors} tensors, ${(parameters ?? 0).toLocaleString("en")} parameters, ${safe(short(types))}`,
    ...listed.map((line) => `  ${line}`),
    ...(rows.length > 0 && rows.length < tensors ? [`  … and ${tensors - rows.length} more`] : []),
  ];
}
