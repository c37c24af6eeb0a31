import type { JsonValue } from "../../base/json.ts";
import { dependencyNames, type Provenance } from "../predicates/provenance.ts";
import type { ResourceDescriptor } from "../predicates/resource.ts";

/** What a provenance says of where a model comes from, in the terms that gates ask in. */
export interface Lineage {
  /** The training run. */
  readonly run?: string;
  readonly code?: { readonly uri?: string; readonly commit: string };
  readonly datasets: readonly LineageDataset[];
  /** What a gate needs and the provenance does not say. */
  readonly missing: readonly ("run" | "dataset" | "code")[];
}

export interface LineageDataset {
  readonly name: string;
  /**
   * A version by name, or by digest (`sha256:…`). A data set without one can be exchanged unnoticed, and does not
   * count.
   */
  readonly version?: string;
}

const commitPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Finds run, code and data sets in a provenance, whoever wrote it.
 *
 * `dataset` is missing when there is none or any one of them has no version; `code` when no dependency has a full
 * commit.
 */
export function lineageOf(provenance: Provenance): Lineage {
  const dependencies = provenance.buildDefinition.resolvedDependencies ?? [];
  const run = provenance.runDetails.metadata?.invocationId;
  const code = dependencies.find((dependency) => commitOf(dependency) !== undefined);
  const commit = code && commitOf(code);
  const datasets = dependencies.flatMap(datasetOf);
  const isVersioned = datasets.length > 0 && datasets.every(({ version }) => version !== undefined);
  return {
    ...(run ? { run } : {}),
    ...(commit ? { code: { commit, ...(code.uri === undefined ? {} : { uri: code.uri }) } } : {}),
    datasets,
    missing: [
      ...(run ? [] : (["run"] as const)),
      ...(isVersioned ? [] : (["dataset"] as const)),
      ...(commit ? [] : (["code"] as const)),
    ],
  };
}

function commitOf({ name, digest }: ResourceDescriptor): string | undefined {
  // GitHub's and Tekton's provenance name the commit gitCommit, older ones sha1; only "code" may be called so.
  const commit = digest?.["gitCommit"] ?? (name === dependencyNames.code ? digest?.["sha1"] : undefined);
  return commit !== undefined && commitPattern.test(commit) ? commit : undefined;
}

function datasetOf({ name, digest, annotations }: ResourceDescriptor): LineageDataset[] {
  if (!name?.startsWith(dependencyNames.datasetPrefix)) return [];
  const [algorithm, hex] = Object.entries(digest ?? {})[0] ?? [];
  const version = textOf(annotations?.["version"]) ?? (algorithm && hex ? `${algorithm}:${hex}` : undefined);
  return [{ name: name.slice(dependencyNames.datasetPrefix.length), ...(version === undefined ? {} : { version }) }];
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}
