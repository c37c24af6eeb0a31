import type { JsonValue } from "../../base/json.ts";
import { isDigest } from "../../oci/digest.ts";
import { EvidenceError } from "../errors.ts";
import { toContentDigest } from "../predicates/digest-set.ts";
import { dependencyNames, trainingBuildType } from "../predicates/provenance.ts";
import { type JsonObject, objectOf } from "./json-file.ts";

/** Builder of runs that a file declares: whoever signs it answers for it. No SLSA level follows from that. */
export const declaredBuilder = "https://mreg.dev/builders/declared";

/**
 * Keys of a lineage file with a place of their own in the provenance; any other key is kept as an external parameter.
 */
const placedKeys = new Set([
  "training_run_id",
  "run",
  "code",
  "datasets",
  "base_model",
  "environment",
  "started",
  "finished",
  "builder",
]);

/**
 * Writes a training run as SLSA provenance. Nothing is demanded here: what is missing is found in the result, by the
 * same code that gates use.
 *
 * @param value - with numbers as text.
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` when none of the keys is known, `EVIDENCE_INVALID`.
 */
export function provenanceOf(value: JsonObject, file: string): JsonValue {
  if (!Object.keys(value).some((key) => placedKeys.has(key))) {
    throw new EvidenceError(
      "FORMAT_UNKNOWN",
      `its keys are ${Object.keys(value).slice(0, 8).join(", ") || "none"}; expected training_run_id, code: { repo, commit } ` +
        "and datasets: [{ name, uri, version }], or a SLSA provenance with buildDefinition",
      { file },
    );
  }
  const parameters = Object.entries(value).filter(([key]) => !placedKeys.has(key));
  const { environment } = value;
  const run = textOf(
    value["training_run_id"] ?? objectOf(value["run"])?.["id"] ?? value["run"],
    "training_run_id",
    file,
  );
  const started = timeOf(value["started"], "started", file);
  const finished = timeOf(value["finished"], "finished", file);
  return {
    buildDefinition: {
      buildType: trainingBuildType,
      externalParameters: Object.fromEntries(parameters),
      ...(environment === undefined ? {} : { internalParameters: { environment } }),
      resolvedDependencies: [
        ...codeOf(value["code"], file),
        ...datasetsOf(value["datasets"], file),
        ...baseOf(value, file),
      ],
    },
    runDetails: {
      builder: { id: textOf(value["builder"], "builder", file) ?? declaredBuilder },
      metadata: {
        ...(run === undefined ? {} : { invocationId: run }),
        ...(started === undefined ? {} : { startedOn: started }),
        ...(finished === undefined ? {} : { finishedOn: finished }),
      },
    },
  };
}

function codeOf(value: JsonValue | undefined, file: string): JsonValue[] {
  if (value === undefined) return [];
  const code = objectOf(value);
  if (!code) throw invalid(file, "code is not a mapping, expected code: { repo, commit }");
  const repo = textOf(code["repo"], "code.repo", file);
  const commit = textOf(code["commit"], "code.commit", file);
  // A short commit or a branch names other code tomorrow.
  if (commit !== undefined && !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) {
    throw invalid(file, `code.commit is ${quote(commit)}, expected 40 or 64 lower-case hex characters`);
  }
  const uri = repo === undefined || /^git\+/.test(repo) || !/^[a-z]+:\/\//.test(repo) ? repo : `git+${repo}`;
  return [
    {
      name: dependencyNames.code,
      ...(uri === undefined ? {} : { uri }),
      ...(commit === undefined ? {} : { digest: { gitCommit: commit } }),
    },
  ];
}

function datasetsOf(value: JsonValue | undefined, file: string): JsonValue[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalid(file, "datasets is not a list, expected datasets: [{ name, uri, version }]");
  return value.map((item, index) => {
    const where = `datasets[${index}]`;
    const dataset = objectOf(item);
    if (!dataset) throw invalid(file, `${where} is not a mapping, expected { name, uri, version }`);
    const name = textOf(dataset["name"], `${where}.name`, file) ?? textOf(dataset["uri"], `${where}.uri`, file);
    if (name === undefined) throw invalid(file, `${where} has neither name nor uri`);
    const version = textOf(dataset["version"], `${where}.version`, file);
    return {
      name: `${dependencyNames.datasetPrefix}${name}`,
      ...resourceOf(dataset, where, file),
      ...(version === undefined ? {} : { annotations: { version } }),
    };
  });
}

function baseOf({ base_model: value }: JsonObject, file: string): JsonValue[] {
  if (value === undefined || value === null || value === "") return [];
  const base = typeof value === "string" ? { uri: value } : objectOf(value);
  if (!base) throw invalid(file, "base_model is neither text nor a mapping, expected { uri, digest }");
  return [{ name: dependencyNames.baseModel, ...resourceOf(base, "base_model", file) }];
}

/** `uri` and `digest`, the latter as `sha256:<hex>`. */
function resourceOf(value: JsonObject, where: string, file: string): { [key: string]: JsonValue } {
  const uri = textOf(value["uri"] ?? value["name"], `${where}.uri`, file);
  const digest = textOf(value["digest"], `${where}.digest`, file);
  if (digest !== undefined && !isDigest(digest)) {
    throw invalid(file, `${where}.digest is ${quote(digest)}, expected sha256:<64 lower-case hex characters>`);
  }
  return {
    ...(uri === undefined ? {} : { uri }),
    ...(digest === undefined ? {} : { digest: toContentDigest(digest) }),
  };
}

/** Text that says something; YAML's ways to write nothing are nothing. */
function textOf(value: JsonValue | undefined, where: string, file: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(file, `${where} is not text`);
  const text = value.trim();
  return text === "" || text === "~" || text.toLowerCase() === "null" ? undefined : text;
}

function timeOf(value: JsonValue | undefined, where: string, file: string): string | undefined {
  const text = textOf(value, where, file);
  if (text === undefined) return undefined;
  const time = new Date(/^\d{4}-\d\d-\d\d[Tt ].*(?:[Zz]|[+-]\d\d:\d\d)$/.test(text) ? text : Number.NaN);
  if (Number.isNaN(time.getTime())) {
    throw invalid(file, `${where} is ${quote(text)}, expected RFC 3339 such as 2026-10-01T12:00:00Z`);
  }
  return time.toISOString();
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

function invalid(file: string, message: string): EvidenceError {
  return new EvidenceError("EVIDENCE_INVALID", message, { file });
}
