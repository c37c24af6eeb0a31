import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import { type EvidenceFile, fileReference } from "../evidence-file.ts";
import { lineageOf } from "../lineage/lineage.ts";
import { Provenance } from "../predicates/provenance.ts";
import { redactSecrets } from "../redaction.ts";
import { type JsonObject, looksLikeJson, objectOf, readExactJsonObject, readJsonObject } from "./json-file.ts";
import { textOfFile } from "./object-file.ts";
import type { ReadFiles, Reading } from "./reading.ts";
import { provenanceOf } from "./training-run.ts";
import { parseYamlObject } from "./yaml-file.ts";

/** The fields of a lineage file that answer what gates ask. */
const fieldNames = { run: "training_run_id", dataset: "datasets[].version", code: "code.commit" } as const;

/**
 * Reads where a model comes from: a training run as YAML or JSON, or a SLSA provenance predicate as it is.
 *
 * Secrets are taken out of it. Where there were any, the file itself is not attached, since it still holds them, and
 * not named by digest either, since a short secret could be found by trying.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INCOMPLETE` with the names of all missing fields, `FORMAT_UNKNOWN`,
 * `EVIDENCE_INVALID`.
 */
export function readLineage(files: ReadFiles): Reading {
  const [file, ...rest] = files;
  const raw = predicateOf(file);
  const { value, isRedacted } = redactSecrets(raw);
  const attached = isRedacted ? rest : files;
  const parsed = Provenance.safeParse(value);
  // Left to the caller, who holds every draft against its schema and words the problems.
  if (!parsed.success) return { predicate: value as JsonObject, files: attached };
  const missing = lineageOf(parsed.data).missing.map((need) => fieldNames[need]);
  if (missing.length > 0) {
    const message = `it lacks ${missing.join(", ")}: expected the training run, a version of each data set and the full commit`;
    throw new EvidenceError("EVIDENCE_INCOMPLETE", message, { file: file.path, missing });
  }
  const { runDetails } = parsed.data;
  const byproducts = [...(runDetails.byproducts ?? []), ...attached.map(fileReference)];
  const predicate = { ...parsed.data, runDetails: { ...runDetails, ...(byproducts.length > 0 ? { byproducts } : {}) } };
  return { predicate, files: attached };
}

function predicateOf(file: EvidenceFile): JsonValue {
  if (looksLikeJson(file)) {
    const value = readJsonObject(file);
    if ("buildDefinition" in value) return { ...value };
    return provenanceOf(readExactJsonObject(file), file.path);
  }
  const value = parseYamlObject(textOfFile(file), file.path);
  if (objectOf(value["buildDefinition"])) return { ...value };
  return provenanceOf(value, file.path);
}
