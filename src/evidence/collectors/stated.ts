import type { JsonValue } from "../../base/json.ts";
import { isDigest } from "../../oci/digest.ts";
import { EvidenceError } from "../errors.ts";
import { toContentDigest } from "../predicates/digest-set.ts";
import { dependencyNames, Provenance } from "../predicates/provenance.ts";
import type { JsonObject } from "../readers/json-file.ts";
import { objectOf, textIn } from "../readers/json-file.ts";
import { provenanceOf } from "../readers/training-run.ts";
import { commitIn, type Facts, type Finding, type FoundDataset } from "./finding.ts";

/** What the user says of a training run, one thing at a time. */
export interface LineageOverrides {
  readonly run?: string | undefined;
  /** 40 or 64 hexadecimal characters. */
  readonly commit?: string | undefined;
  /** `name=version`, where the version may be a digest (`sha256:…`). */
  readonly datasets?: readonly string[] | undefined;
  /** A reference, with `@sha256:…` where it is known. */
  readonly baseModel?: string | undefined;
}

/** The findings of {@link LineageOverrides}. @throws {@link EvidenceError} `EVIDENCE_INVALID`. */
export function statedFindings({ run, commit, datasets = [], baseModel }: LineageOverrides): Finding[] {
  const sha = commitIn(commit);
  if (commit !== undefined && sha === undefined) {
    const found = JSON.stringify(commit.slice(0, 80));
    throw new EvidenceError("EVIDENCE_INVALID", `the commit is ${found}, expected 40 or 64 hexadecimal characters`);
  }
  return [
    ...(run === undefined ? [] : [{ source: "--run", facts: { run } }]),
    ...(sha === undefined ? [] : [{ source: "--commit", facts: { code: { commit: sha } } }]),
    ...(datasets.length === 0 ? [] : [{ source: "--trained-on", facts: { datasets: datasets.map(datasetOf) } }]),
    ...(baseModel === undefined ? [] : [{ source: "--base-model", facts: { baseModel: baseOf(baseModel) } }]),
  ];
}

/**
 * What a lineage file says, to be completed by what is found; it is what `attach --type lineage` reads.
 *
 * @param value - with numbers as text.
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN`, `EVIDENCE_INVALID`.
 */
export function fileFinding(value: JsonObject, file: string): Finding {
  const { buildDefinition, runDetails } = Provenance.parse(provenanceOf(value, file));
  const dependencies = buildDefinition.resolvedDependencies ?? [];
  const code = dependencies.find(({ name }) => name === dependencyNames.code);
  const base = dependencies.find(({ name }) => name === dependencyNames.baseModel);
  const commit = code?.digest?.["gitCommit"];
  const datasets = dependencies.flatMap(({ name, uri, digest, annotations }): FoundDataset[] =>
    name?.startsWith(dependencyNames.datasetPrefix)
      ? [
          {
            name: name.slice(dependencyNames.datasetPrefix.length),
            uri,
            digest,
            version: textIn(annotations?.["version"]) || undefined,
          },
        ]
      : [],
  );
  const environment: JsonValue | undefined = buildDefinition.internalParameters?.["environment"];
  const facts: Facts = {
    run: runDetails.metadata?.invocationId,
    started: runDetails.metadata?.startedOn,
    finished: runDetails.metadata?.finishedOn,
    ...(commit === undefined ? {} : { code: { commit, repo: code?.uri } }),
    ...(datasets.length > 0 ? { datasets } : {}),
    ...(base?.uri === undefined ? {} : { baseModel: { uri: base.uri, digest: base.digest } }),
    parameters: buildDefinition.externalParameters,
    environment: objectOf(environment) ?? (environment === undefined ? {} : { environment }),
  };
  return { source: file, facts };
}

function datasetOf(text: string): FoundDataset {
  const split = text.lastIndexOf("=");
  const [name, version] = [text.slice(0, Math.max(split, 0)).trim(), text.slice(split + 1).trim()];
  if (split <= 0 || name === "" || version === "") {
    const found = JSON.stringify(text.slice(0, 80));
    throw new EvidenceError("EVIDENCE_INVALID", `the data set is ${found}, expected <name>=<version>`);
  }
  return { name, ...(isDigest(version) ? { digest: toContentDigest(version) } : { version }) };
}

function baseOf(text: string): NonNullable<Facts["baseModel"]> {
  const at = text.lastIndexOf("@");
  const digest = text.slice(at + 1);
  return at > 0 && isDigest(digest) ? { uri: text.slice(0, at), digest: toContentDigest(digest) } : { uri: text };
}
