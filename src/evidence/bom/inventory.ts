import type { JsonValue } from "../../base/json.ts";
import { basesOf } from "../lineage/lineage-match.ts";
import { dependencyNames, type Provenance } from "../predicates/provenance.ts";
import type { ResourceDescriptor } from "../predicates/resource.ts";

/** Something that went into a model. */
export interface Ingredient {
  readonly name: string;
  readonly version?: string | undefined;
  readonly uri?: string | undefined;
  /** Hexadecimal digests by algorithm, as in-toto names them. */
  readonly digest: Readonly<Record<string, string>>;
}

/** What went into a model, by all verified statements about its lineage; each thing once. */
export interface Inventory {
  readonly datasets: readonly Ingredient[];
  readonly baseModels: readonly Ingredient[];
  /** `digest` has the commit, as `gitCommit`. */
  readonly code: readonly Ingredient[];
  /** Packages by name, with their versions. */
  readonly packages: readonly Ingredient[];
  /** Hyper-parameters as text. */
  readonly hyperparameters: readonly (readonly [name: string, value: string])[];
}

/** Takes stock of what a model was made of. */
export function inventoryOf(lineage: readonly Provenance[]): Inventory {
  const dependencies = lineage.flatMap(({ buildDefinition }) => buildDefinition.resolvedDependencies ?? []);
  const datasets = dependencies.flatMap((one) =>
    one.name?.startsWith(dependencyNames.datasetPrefix)
      ? [ingredient(one, one.name.slice(dependencyNames.datasetPrefix.length))]
      : [],
  );
  const bases = lineage.flatMap(basesOf).map((one) => ingredient(one, one.uri ?? "base-model"));
  const code = dependencies.filter(({ name }) => name === dependencyNames.code).map((one) => ingredient(one, "code"));
  const packages = lineage.flatMap(({ buildDefinition }) => {
    const environment = mapping(buildDefinition.internalParameters?.["environment"]);
    return Object.entries(mapping(environment["packages"])).map(([name, version]) => ({
      ...{ name, version: textOf(version), digest: {} },
    }));
  });
  const hyperparameters = new Map(
    lineage.flatMap(({ buildDefinition }) =>
      Object.entries(mapping(buildDefinition.externalParameters["hyperparameters"])).map(
        ([name, value]) => [name, textOf(value)] as const,
      ),
    ),
  );
  return {
    ...{
      datasets: distinct(datasets),
      baseModels: distinct(bases),
      code: distinct(code),
      packages: distinct(packages),
    },
    hyperparameters: [...hyperparameters],
  };
}

function ingredient({ uri, digest = {}, annotations = {} }: ResourceDescriptor, name: string): Ingredient {
  const version = annotations["version"] ?? annotations["revision"];
  return { name, version: typeof version === "string" ? version : undefined, uri, digest };
}

function distinct(ingredients: readonly Ingredient[]): Ingredient[] {
  const found = new Map(ingredients.map((one) => [JSON.stringify([one.name, one.version ?? null]), one]));
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
}

function mapping(value: JsonValue | undefined): Readonly<Record<string, JsonValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
