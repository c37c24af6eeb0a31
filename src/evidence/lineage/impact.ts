import type { Digest } from "../../base/digest.ts";
import { toContentDigest } from "../predicates/digest-set.ts";
import { dependencyNames, type Provenance } from "../predicates/provenance.ts";
import { basesOf, findDataset, isBase, isBaseVersion, type NamedVersion } from "./lineage-match.ts";

/** A verified statement of where a version comes from. */
export interface LineageStatement {
  /** The manifest that carries it. */
  readonly digest: Digest;
  /** Who signed it, for people. */
  readonly signer: string;
  readonly provenance: Provenance;
}

/** A version with all that is verified about its lineage. */
export interface VersionLineage extends NamedVersion {
  readonly statements: readonly LineageStatement[];
}

export type ImpactQuery = { readonly dataset: string } | { readonly base: string };

export interface AffectedVersion extends NamedVersion {
  /** From what was asked for to this version: `dataset:loans`, `base:v2`, `risk:v1`. */
  readonly path: readonly string[];
  /** The statement that says so, and who signed it. */
  readonly statement: Digest;
  readonly signer: string;
}

/**
 * Finds the versions that a data set or a base model went into, also by way of other versions that they were trained
 * from. Each is named once, by its shortest path.
 *
 * @param versions - everything that may be affected; a base model that is not among them is found by its name alone.
 */
export function findImpact(versions: readonly VersionLineage[], query: ImpactQuery): readonly AffectedVersion[] {
  const affected = new Map<string, AffectedVersion>();
  let wave: AffectedVersion[] = [];
  const add = (version: VersionLineage, { digest, signer }: LineageStatement, path: readonly string[]): void => {
    const key = keyOf(version);
    if (affected.has(key)) return;
    const { name, version: tag, digest: manifest } = version;
    const found = { name, version: tag, digest: manifest, path: [...path, key], statement: digest, signer };
    affected.set(key, found);
    wave.push(found);
  };
  const roots = "base" in query ? versions.filter((version) => isNamed(version, query.base)) : [];
  for (const version of versions) {
    for (const statement of version.statements) {
      const direct = directPath(statement.provenance, query);
      if (direct) add(version, statement, [direct]);
      const root = roots.find(
        (one) => one !== version && basesOf(statement.provenance).some((base) => isBaseVersion(base, one)),
      );
      if (root) add(version, statement, [keyOf(root)]);
    }
  }
  // What was trained from an affected version is affected; every wave is what the last one reached.
  while (wave.length > 0) {
    const sources = wave;
    wave = [];
    for (const version of versions) {
      if (affected.has(keyOf(version))) continue;
      for (const statement of version.statements) {
        const bases = basesOf(statement.provenance);
        const source = sources.find((one) => bases.some((base) => isBaseVersion(base, one)));
        if (source) add(version, statement, source.path);
      }
    }
  }
  return [...affected.values()];
}

function keyOf({ name, version }: NamedVersion): string {
  return `${name}:${version}`;
}

function isNamed(version: NamedVersion, wanted: string): boolean {
  const { name, digest } = version;
  const uri = `${name}:${version.version}`;
  return isBase({ name: dependencyNames.baseModel, uri, digest: { ...toContentDigest(digest) } }, wanted);
}

function directPath(provenance: Provenance, query: ImpactQuery): string | undefined {
  if ("dataset" in query) {
    const dataset = findDataset(provenance, query.dataset);
    if (!dataset) return undefined;
    const version = dataset.annotations?.["version"];
    return `${dataset.name}${typeof version === "string" ? `@${version}` : ""}`;
  }
  const base = basesOf(provenance).find((one) => isBase(one, query.base));
  return base && (base.uri ?? query.base);
}
