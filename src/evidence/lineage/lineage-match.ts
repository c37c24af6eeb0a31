import type { Digest } from "../../base/digest.ts";
import { dependencyNames, type Provenance } from "../predicates/provenance.ts";
import type { ResourceDescriptor } from "../predicates/resource.ts";

/** A version of a model, as others may name it as their base. */
export interface NamedVersion {
  /** The repository. */
  readonly name: string;
  /** `v4`. */
  readonly version: string;
  readonly digest: Digest;
}

/**
 * Finds the data set that is meant among a provenance's.
 *
 * @param wanted - its name, `name@version`, its URI, or a digest (`sha256:…`, `md5:…`); compared exactly.
 * @returns the data set as the provenance has it; undefined when it is not among them.
 */
export function findDataset(provenance: Provenance, wanted: string): ResourceDescriptor | undefined {
  return (provenance.buildDefinition.resolvedDependencies ?? []).find((dependency) => {
    const { name, uri, annotations } = dependency;
    if (!name?.startsWith(dependencyNames.datasetPrefix)) return false;
    const bare = name.slice(dependencyNames.datasetPrefix.length);
    const versioned = typeof annotations?.["version"] === "string" ? [`${bare}@${annotations["version"]}`] : [];
    return [bare, ...versioned, ...(uri === undefined ? [] : [uri]), ...digestsOf(dependency)].includes(wanted);
  });
}

/** What a provenance says that the model was trained from. */
export function basesOf(provenance: Provenance): readonly ResourceDescriptor[] {
  return (provenance.buildDefinition.resolvedDependencies ?? []).filter(
    ({ name }) => name === dependencyNames.baseModel,
  );
}

/**
 * Tells whether a base model, as a provenance has it, is what somebody calls `wanted`.
 *
 * @param wanted - a URI, a reference with or without registry and version, or a digest.
 */
export function isBase(base: ResourceDescriptor, wanted: string): boolean {
  if (digestsOf(base).includes(wanted) || base.uri === wanted) return true;
  const [found, asked] = [parts(base.uri), parts(wanted)];
  if (!(found && asked) || !isSameName(found.name, asked.name)) return false;
  if (asked.digest !== undefined) return digestsOf(base).includes(asked.digest) || found.digest === asked.digest;
  return asked.version === undefined || found.version === asked.version;
}

/**
 * Tells whether a base model, as a provenance has it, is a version of this registry.
 *
 * By digest, where it has one. By name otherwise: a name without a version may mean any of them, so that all count.
 */
export function isBaseVersion(base: ResourceDescriptor, { name, version, digest }: NamedVersion): boolean {
  const found = parts(base.uri);
  const digests = [...digestsOf(base), ...(found?.digest === undefined ? [] : [found.digest])];
  const contents = digests.filter((one) => one.startsWith("sha256:") || one.startsWith("sha512:"));
  if (contents.length > 0) return contents.includes(digest);
  return found !== undefined && isSameName(found.name, name) && (found.version ?? version) === version;
}

function digestsOf({ digest }: ResourceDescriptor): string[] {
  return Object.entries(digest ?? {}).map(([algorithm, hex]) => `${algorithm}:${hex}`);
}

interface Parts {
  readonly name: string;
  readonly version?: string | undefined;
  readonly digest?: string | undefined;
}

/** `oci://registry.example.com/ml/base:v3@sha256:…` in its parts; the scheme is left out. */
function parts(reference: string | undefined): Parts | undefined {
  if (reference === undefined || reference.length > 2_000) return undefined;
  const bare = reference
    .replace(/^[a-z][a-z0-9+.-]{0,30}:\/\//, "")
    .replace(/^oci:/, "")
    .replace(/^models:\//, "");
  const at = bare.indexOf("@");
  const digest = at < 0 ? undefined : bare.slice(at + 1);
  const rest = at < 0 ? bare : bare.slice(0, at);
  const colon = rest.lastIndexOf(":");
  const hasVersion = colon > rest.lastIndexOf("/");
  const name = hasVersion ? rest.slice(0, colon) : rest;
  return name === "" ? undefined : { name, version: hasVersion ? rest.slice(colon + 1) : undefined, digest };
}

/** One may say the registry and the other not: `registry.example.com/ml/base` is `ml/base`. */
function isSameName(one: string, other: string): boolean {
  return one === other || one.endsWith(`/${other}`) || other.endsWith(`/${one}`);
}
