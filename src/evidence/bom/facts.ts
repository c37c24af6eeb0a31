import type { Digest } from "../../base/digest.ts";
import { modelAnnotationKeys } from "../../model/media-types.ts";
import { readModel } from "../../model/read.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { annotationKeys } from "../../oci/media-types.ts";
import type { Verification, VerificationPolicy } from "../../trust/verification.ts";
import { verifyStatements } from "../../trust/verify.ts";
import { bomMetricLimit } from "../limits.ts";
import { type PredicateKind, predicateSchemas, predicateTypes } from "../predicate-types.ts";
import type { Eval } from "../predicates/eval.ts";
import type { CardFields, ModelCard } from "../predicates/model-card.ts";
import { type Provenance, trainingBuildType } from "../predicates/provenance.ts";

export interface BomFile {
  readonly path: string;
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface BomMetric {
  /** `suite@version task.metric`. */
  readonly name: string;
  /** A decimal. */
  readonly value: string;
  readonly slice?: string | undefined;
}

/** What a bill of materials says of a version: its manifest and files, and what verified statements say. */
export interface BomFacts {
  readonly name: string;
  /** `v4`; absent for content that is named by digest alone. */
  readonly version?: string | undefined;
  readonly digest: Digest;
  /** Without tag and digest: `oci://registry.example.com/ml/risk`; `oci:ml/risk` where it lies on a disk. */
  readonly address: string;
  readonly owner?: string | undefined;
  /** SPDX expression, by the manifest's annotation. */
  readonly license?: string | undefined;
  /** RFC 3339, by the manifest's annotation. */
  readonly created?: string | undefined;
  readonly architecture?: string | undefined;
  readonly family?: string | undefined;
  readonly format?: string | undefined;
  readonly precision?: string | undefined;
  readonly parameters?: string | undefined;
  readonly files: readonly BomFile[];
  readonly card?: CardFields | undefined;
  readonly metrics: readonly BomMetric[];
  readonly lineage: readonly Provenance[];
  /** Verified statements by the manifests that carry them. */
  readonly statements: readonly { readonly digest: Digest; readonly predicateType: string }[];
}

export interface BomSubject {
  readonly name: string;
  readonly version?: string | undefined;
  /** Where the store keeps it, as `Repository.location` says. */
  readonly location: string;
  readonly descriptor: Descriptor;
}

/**
 * Gathers what a bill of materials is made of.
 *
 * @param trust - whose statements count; absent: none, and the manifest speaks alone.
 */
export async function readBomFacts(
  store: ReadOnlyGraphTarget,
  { name, version, location, descriptor }: BomSubject,
  trust: VerificationPolicy | undefined,
  options?: CallOptions,
): Promise<BomFacts> {
  const { files, config, annotations } = await readModel(store, descriptor, options);
  const verified = trust ? (await verifyStatements(store, descriptor, trust, options)).verified : [];
  const cards = predicatesOf<ModelCard>(verified, "card");
  const { architecture, format, precision, paramSize } = config?.config ?? {};
  return {
    ...{ name, version },
    // A directory of this machine is nobody else's business, and a name is no host.
    address: location.startsWith("oci:") ? `oci:${name}` : `oci://${location}`,
    digest: descriptor.digest,
    owner: annotations[modelAnnotationKeys.owner],
    license: annotations[annotationKeys.licenses],
    created: annotations[annotationKeys.created],
    ...{ architecture, format, precision, parameters: paramSize, family: config?.descriptor?.family },
    files: files.map(({ path, descriptor: { mediaType, digest, size } }) => ({ path, mediaType, digest, size })),
    card: cards.at(-1)?.fields,
    metrics: predicatesOf<Eval>(verified, "eval").flatMap(metricsOf).slice(0, bomMetricLimit),
    lineage: predicatesOf<Provenance>(verified, "lineage").filter(
      ({ buildDefinition }) => buildDefinition.buildType === trainingBuildType,
    ),
    statements: verified.map(({ bundle, statement }) => ({
      digest: bundle.digest,
      predicateType: statement.predicateType,
    })),
  };
}

/** Predicates of a kind that are what their schema demands, in the order in which they say they were attached. */
function predicatesOf<Predicate>(verified: readonly Verification[], kind: PredicateKind): Predicate[] {
  return verified
    .filter(({ statement }) => statement.predicateType === predicateTypes[kind])
    .toSorted((one, other) => (one.claimedTime ?? "").localeCompare(other.claimedTime ?? ""))
    .flatMap(({ statement }) => {
      const parsed = predicateSchemas[kind].safeParse(statement.predicate);
      return parsed.success ? [parsed.data as unknown as Predicate] : [];
    });
}

function metricsOf({ suite, results }: Eval): BomMetric[] {
  return results.map(({ task, metric, value, slice }) => ({
    name: `${suite.name}@${suite.version} ${task}.${metric}`,
    value,
    slice,
  }));
}
