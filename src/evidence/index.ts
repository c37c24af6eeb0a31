/**
 * What is known about a model, as signed statements: the predicates, and readers that turn real tools' output into
 * them.
 */
export {
  type AttachEvidenceOptions,
  type AttachedEvidence,
  attachEvidence,
  evidenceArtifactType,
  kindAnnotation,
} from "./attach-evidence.ts";
export { cycloneDxOf } from "./bom/cyclonedx.ts";
export { type BomFacts, type BomFile, type BomMetric, type BomSubject, readBomFacts } from "./bom/facts.ts";
export { type SpdxOptions, spdxOf } from "./bom/spdx.ts";
export { type CardFinding, type CardLint, lintCard } from "./card-lint.ts";
export { type CardFacts, cardFacts, cardTemplate } from "./card-template.ts";
export type { Facts, Finding, FoundDataset, FoundMaterial, Place } from "./collectors/finding.ts";
export type { LineageOverrides } from "./collectors/stated.ts";
export { compareDecimals, Decimal, subtractDecimals, toDecimal } from "./decimal.ts";
export { draftEvidence, type EvidenceDraft } from "./draft.ts";
export { EvidenceError, type EvidenceErrorCode, type EvidenceErrorOptions } from "./errors.ts";
export type { EvalInput, MetricDirection } from "./eval-input.ts";
export type { EvidenceFile, EvidenceSource } from "./evidence-file.ts";
export type { EvidenceInput, EvidenceKind } from "./evidence-input.ts";
export { evidenceSetDigest } from "./evidence-set.ts";
export { type EvaluatorRelationship, type ExportedModel, toEveryEvalEver } from "./export/every-eval-ever.ts";
export { toModelIndex } from "./export/model-index.ts";
export { type EvalStatement, type ReadEvals, readEvalStatements } from "./export/read-evals.ts";
export { type CollectedLineage, draftLineage, type LineageRequest } from "./lineage/draft-lineage.ts";
export {
  type AffectedVersion,
  findImpact,
  type ImpactQuery,
  type LineageStatement,
  type VersionLineage,
} from "./lineage/impact.ts";
export { type Lineage, type LineageDataset, lineageOf } from "./lineage/lineage.ts";
export { basesOf, type NamedVersion } from "./lineage/lineage-match.ts";
export { type ReadLineage, readLineageStatements } from "./lineage/read-lineage.ts";
export { type PredicateKind, predicateSchemas, predicateTypes } from "./predicate-types.ts";
export { Approval } from "./predicates/approval.ts";
export { type Consumer, Consumers, coversEnvironment, remainingConsumers } from "./predicates/consumers.ts";
export { ContentDigest, DigestSet, fromContentDigest, toContentDigest } from "./predicates/digest-set.ts";
export { Document, DocumentRole } from "./predicates/document.ts";
export { Comparator, Eval, EvalDataset, EvalEnvironment, EvalResult, meets, metricName } from "./predicates/eval.ts";
export { EvalPlan, PlannedMetric, PlannedSuite, planDepartures } from "./predicates/eval-plan.ts";
export { type CardField, CardFields, coreCardFields, ModelCard } from "./predicates/model-card.ts";
export {
  Monitoring,
  MonitoringCategory,
  MonitoringMetric,
  MonitoringStatus,
  monitoringStatus,
} from "./predicates/monitoring.ts";
export { Provenance, trainingBuildType } from "./predicates/provenance.ts";
export { FileReference, ResourceDescriptor } from "./predicates/resource.ts";
export { CycloneDxBom, SpdxDocument } from "./predicates/sbom.ts";
export { Served, ServedMethod } from "./predicates/served.ts";
export { TestResult } from "./predicates/test-result.ts";
export { VerificationSummary } from "./predicates/verification-summary.ts";
export { Vulnerabilities } from "./predicates/vulns.ts";
export { unpackEvaluation } from "./readers/eval-archive.ts";
export { formatScanner, type ScanOptions, scanWeights } from "./scan/scan-weights.ts";
