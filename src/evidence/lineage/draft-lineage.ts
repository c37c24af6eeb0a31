import { collectFindings } from "../collectors/collect-lineage.ts";
import type { Finding, Place } from "../collectors/finding.ts";
import { mergeFindings } from "../collectors/merge.ts";
import { fileFinding, type LineageOverrides, statedFindings } from "../collectors/stated.ts";
import { checkDraft, type EvidenceDraft } from "../draft.ts";
import { EvidenceError } from "../errors.ts";
import { type EvidenceSource, evidenceFiles, fileReference } from "../evidence-file.ts";
import { predicateTypes } from "../predicate-types.ts";
import type { Provenance } from "../predicates/provenance.ts";
import { readObjectFile } from "../readers/object-file.ts";
import { redactSecrets } from "../redaction.ts";
import { type Lineage, lineageOf } from "./lineage.ts";

export interface LineageRequest {
  readonly place: Place;
  /** What the user says; it decides over whatever is found. */
  readonly overrides?: LineageOverrides;
  /** A lineage file, which need not be complete; decides over what is found. */
  readonly file?: EvidenceSource | undefined;
  /**
   * What somebody else says of the run, such as the server a model was imported from; decides over what lies around.
   */
  readonly testimony?: { readonly finding: Finding; readonly file: EvidenceSource } | undefined;
}

export interface CollectedLineage {
  /** Absent when something that a gate needs is missing. */
  readonly draft?: EvidenceDraft;
  readonly missing: Lineage["missing"];
  /** What could not be read, and what places disagree about; one line each. */
  readonly notes: readonly string[];
}

/**
 * Puts together where a model comes from, by what lies around it.
 *
 * Every fact says which file or variable it comes from (`annotations.source`, `internalParameters.collected`), and
 * secrets are taken out. What is incomplete makes no draft: once signed, it would stand beside a complete statement and
 * deny what that one proves.
 *
 * @throws {@link EvidenceError} for a file or an override that is malformed; never for what merely lies around.
 */
export async function draftLineage({
  place,
  overrides = {},
  file,
  testimony,
}: LineageRequest): Promise<CollectedLineage> {
  const given = file === undefined ? undefined : evidenceFiles([file])[0];
  const stated = statedFindings(overrides);
  const read: Finding[] = [];
  let isAttached = false;
  if (given) {
    const value = readObjectFile(given);
    if ("buildDefinition" in value) {
      throw new EvidenceError("FORMAT_UNKNOWN", "it is whole SLSA provenance, expected it with attach --type lineage", {
        file: given.path,
      });
    }
    read.push(fileFinding(value, given.path));
    // A file with a secret in it is neither attached nor named by digest, see `readLineage`.
    isAttached = !redactSecrets({ ...value }).isRedacted;
  }
  const { findings, problems } = await collectFindings(place);
  const told = testimony ? [testimony.finding] : [];
  const { provenance, notes } = mergeFindings([...stated, ...read, ...told, ...findings]);
  const clean = redactSecrets(provenance as Parameters<typeof redactSecrets>[0]).value as unknown as Provenance;
  const { missing } = lineageOf(clean);
  if (missing.length > 0) return { missing, notes: [...problems, ...notes] };
  const files = [...(given && isAttached ? [given] : []), ...(testimony ? evidenceFiles([testimony.file]) : [])];
  const { runDetails } = clean;
  const predicate = {
    ...clean,
    runDetails: { ...runDetails, ...(files.length > 0 ? { byproducts: files.map(fileReference) } : {}) },
  };
  const draft: EvidenceDraft = { kind: "lineage", predicateType: predicateTypes.lineage, predicate, files };
  checkDraft(draft, given?.path);
  return { draft, missing, notes: [...problems, ...notes] };
}
