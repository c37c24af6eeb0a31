import type { JsonValue } from "../../base/json.ts";
import { dependencyNames, type Provenance, trainingBuildType } from "../predicates/provenance.ts";
import type { ResourceDescriptor } from "../predicates/resource.ts";
import type { Facts, Finding, FoundDataset } from "./finding.ts";

/** Builder of runs that mreg pieced together from what lay about; no SLSA level follows from it. */
export const collectedBuilder = "https://mreg.dev/builders/collected";

/** One line of `internalParameters.collected`: which place a fact comes from. */
interface Label {
  readonly field: string;
  readonly source: string;
}

/** What was put together, and what the places disagree about. */
export interface Merged {
  readonly provenance: Provenance;
  readonly notes: readonly string[];
}

/**
 * Puts findings together, the first one that knows a fact deciding, and notes of each fact where it comes from.
 *
 * Data sets of all findings count; one without a version is left out where others have theirs.
 *
 * @param findings - the most trusted first: what the user says, tools that recorded the run, then the surroundings.
 */
export function mergeFindings(findings: readonly Finding[]): Merged {
  const labels: Label[] = [];
  const pick = <Key extends keyof Facts>(field: Key): Facts[Key] | undefined => {
    const found = findings.find(({ facts }) => facts[field] !== undefined);
    if (found) labels.push({ field, source: found.source });
    return found?.facts[field];
  };
  const [run, code, base] = [pick("run"), pick("code"), pick("baseModel")];
  const [startedOn, finishedOn] = [pick("started"), pick("finished")];
  const environment = collected(findings, "environment", labels);
  const dependencies: ResourceDescriptor[] = [
    ...(code ? [codeOf(code, sourceOf(labels, "code"))] : []),
    ...datasetsOf(findings),
    ...(base ? [baseOf(base, sourceOf(labels, "baseModel"))] : []),
    ...findings.flatMap(({ source, facts }) =>
      (facts.materials ?? []).map(({ annotations, ...rest }) => described(rest, { ...annotations, source })),
    ),
  ];
  const provenance: Provenance = {
    buildDefinition: {
      buildType: trainingBuildType,
      externalParameters: collected(findings, "parameters", labels),
      internalParameters: {
        ...(Object.keys(environment).length > 0 ? { environment } : {}),
        collected: labels.map((label) => ({ ...label })),
      },
      resolvedDependencies: dependencies,
    },
    runDetails: {
      builder: { id: collectedBuilder },
      metadata: {
        ...(run === undefined ? {} : { invocationId: run }),
        ...(startedOn === undefined ? {} : { startedOn }),
        ...(finishedOn === undefined ? {} : { finishedOn }),
      },
    },
  };
  return { provenance, notes: disagreements(findings) };
}

/** Mappings of all findings, one into the other; of two values under one name the first counts. */
function collected(
  findings: readonly Finding[],
  field: "environment" | "parameters",
  labels: Label[],
): Record<string, JsonValue> {
  const merged: Record<string, JsonValue> = {};
  for (const { source, facts } of findings) {
    for (const [key, value] of Object.entries(facts[field] ?? {})) {
      const before = merged[key];
      if (before !== undefined && !(isMapping(before) && isMapping(value))) continue;
      merged[key] = isMapping(before) && isMapping(value) ? { ...value, ...before } : value;
      labels.push({ field: `${field}.${key}`, source });
    }
  }
  return merged;
}

function datasetsOf(findings: readonly Finding[]): ResourceDescriptor[] {
  const found = new Map<string, { readonly dataset: FoundDataset; readonly source: string }>();
  for (const { source, facts } of findings) {
    for (const dataset of facts.datasets ?? []) {
      if (!found.has(dataset.name)) found.set(dataset.name, { dataset, source });
    }
  }
  const all = [...found.values()];
  const versioned = all.filter(({ dataset }) => dataset.version !== undefined || dataset.digest !== undefined);
  return (versioned.length > 0 ? versioned : all).map(({ dataset: { name, uri, version, digest }, source }) =>
    described(
      { name: `${dependencyNames.datasetPrefix}${name}`, uri, digest },
      { ...(version === undefined ? {} : { version }), source },
    ),
  );
}

function codeOf({ repo, commit, branch, isDirty }: NonNullable<Facts["code"]>, source: string): ResourceDescriptor {
  const uri = repo === undefined || /^git[+@]/.test(repo) ? repo : `git+${repo}`;
  return described(
    { name: dependencyNames.code, uri, digest: { gitCommit: commit } },
    { ...(branch ? { branch } : {}), ...(isDirty === undefined ? {} : { dirty: isDirty }), source },
  );
}

function baseOf({ uri, digest, revision }: NonNullable<Facts["baseModel"]>, source: string): ResourceDescriptor {
  return described({ name: dependencyNames.baseModel, uri, digest }, { ...(revision ? { revision } : {}), source });
}

function described(
  {
    name,
    uri,
    digest,
  }: { readonly name: string; readonly uri?: string | undefined; readonly digest?: ResourceDescriptor["digest"] },
  annotations: Record<string, JsonValue>,
): ResourceDescriptor {
  return { name, ...(uri === undefined ? {} : { uri }), ...(digest ? { digest } : {}), annotations };
}

function sourceOf(labels: readonly Label[], field: string): string {
  return labels.find((label) => label.field === field)?.source ?? "";
}

/** Two places that know different commits: one of them is not about this run, and a person should look. */
function disagreements(findings: readonly Finding[]): string[] {
  const commits = findings.flatMap(({ source, facts }) => (facts.code ? [{ source, ...facts.code }] : []));
  const [first, ...rest] = commits;
  const notes = rest
    .filter(({ commit }) => commit !== first?.commit)
    .map(
      ({ source, commit }) => `code: ${first?.source} says ${first?.commit}, which is taken; ${source} says ${commit}`,
    );
  if (first?.isDirty) notes.push(`code: files differ from commit ${first.commit}; the statement says so`);
  return notes;
}

function isMapping(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
