import { schemaProblems } from "../base/schema-problems.ts";
import { EvidenceError } from "./errors.ts";
import { type EvidenceFile, evidenceFiles } from "./evidence-file.ts";
import type { EvidenceInput, EvidenceKind } from "./evidence-input.ts";
import { evaluationLogLimitBytes } from "./limits.ts";
import { type PredicateKind, predicateSchemas, predicateTypes } from "./predicate-types.ts";
import { readCard } from "./readers/card.ts";
import { readConsumers } from "./readers/consumers.ts";
import { readDocument } from "./readers/document.ts";
import { readEval } from "./readers/eval.ts";
import { readEvalPlan } from "./readers/eval-plan.ts";
import { readLineage } from "./readers/lineage.ts";
import { readMonitoring } from "./readers/monitoring.ts";
import type { ReadFiles, Reading } from "./readers/reading.ts";
import { readSbom } from "./readers/sbom.ts";
import { readScan } from "./readers/scan.ts";
import { readServed } from "./readers/served.ts";
import { readVulnerabilities } from "./readers/vulns.ts";

/** A statement that is ready to be signed, with the files that it names by digest. */
export interface EvidenceDraft {
  readonly kind: EvidenceKind;
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
  readonly files: readonly EvidenceFile[];
}

const readers: Record<EvidenceKind, (files: ReadFiles, input: EvidenceInput) => Reading> = {
  card: readCard,
  eval: readEval,
  "eval-plan": readEvalPlan,
  lineage: readLineage,
  scan: readScan,
  document: readDocument,
  monitoring: readMonitoring,
  consumers: readConsumers,
  served: readServed,
  sbom: readSbom,
  vulns: readVulnerabilities,
};

/** Longest file of a kind in bytes, where it is another than that of a document. */
const fileLimits: Partial<Record<EvidenceKind, number>> = { eval: evaluationLogLimitBytes };

/**
 * Turns the output of a tool, or a document, into a statement about a model. Reads nothing but the bytes given.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN`, `EVIDENCE_INVALID` or `EVIDENCE_INCOMPLETE`, with the file's name,
 * what was found and what was expected.
 */
export function draftEvidence(kind: EvidenceKind, input: EvidenceInput): EvidenceDraft {
  const given = evidenceFiles(input.files, fileLimits[kind]);
  const { predicate, files = given, as = kind } = readers[kind](given, input);
  const draft = { kind, predicateType: predicateTypes[as], predicate, files };
  checkDraft(draft, given[0].path);
  return draft;
}

/**
 * Holds a draft's predicate against its schema, so that nothing is signed that no reader would accept.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID`.
 */
export function checkDraft(draft: EvidenceDraft, file?: string): void {
  const kinds = Object.keys(predicateTypes) as PredicateKind[];
  const kind = kinds.find((one) => predicateTypes[one] === draft.predicateType) ?? draft.kind;
  const parsed = predicateSchemas[kind].safeParse(draft.predicate);
  if (parsed.success) return;
  throw new EvidenceError(
    "EVIDENCE_INVALID",
    `it makes no valid ${draft.kind} statement: ${schemaProblems(parsed.error)}`,
    {
      ...(file === undefined ? {} : { file }),
      cause: parsed.error,
    },
  );
}
