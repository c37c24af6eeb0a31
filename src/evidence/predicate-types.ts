import { Approval } from "./predicates/approval.ts";
import { Consumers } from "./predicates/consumers.ts";
import { Document } from "./predicates/document.ts";
import { Eval } from "./predicates/eval.ts";
import { EvalPlan } from "./predicates/eval-plan.ts";
import { Exception } from "./predicates/exception.ts";
import { ModelCard } from "./predicates/model-card.ts";
import { Monitoring } from "./predicates/monitoring.ts";
import { Provenance } from "./predicates/provenance.ts";
import { CycloneDxBom, SpdxDocument } from "./predicates/sbom.ts";
import { Served } from "./predicates/served.ts";
import { TestResult } from "./predicates/test-result.ts";
import { VerificationSummary } from "./predicates/verification-summary.ts";
import { Vulnerabilities } from "./predicates/vulns.ts";

/** What statements about a model say, by the name that policies and `mreg attach --type` use. */
export const predicateTypes = {
  card: "https://mreg.dev/model-card/v1",
  eval: "https://mreg.dev/eval/v1",
  "eval-plan": "https://mreg.dev/eval-plan/v1",
  lineage: "https://slsa.dev/provenance/v1",
  scan: "https://in-toto.io/attestation/test-result/v0.1",
  document: "https://mreg.dev/document/v1",
  monitoring: "https://mreg.dev/monitoring/v1",
  consumers: "https://mreg.dev/consumers/v1",
  served: "https://mreg.dev/served/v1",
  sbom: "https://cyclonedx.org/bom",
  spdx: "https://spdx.dev/Document",
  vulns: "https://in-toto.io/attestation/vulns/v0.2",
  approval: "https://mreg.dev/approval/v1",
  exception: "https://mreg.dev/exception/v1",
  verdict: "https://slsa.dev/verification_summary/v1",
} as const;
export type PredicateKind = keyof typeof predicateTypes;

/** The schema of each predicate; nothing reads a predicate in any other way. */
export const predicateSchemas = {
  card: ModelCard,
  eval: Eval,
  "eval-plan": EvalPlan,
  lineage: Provenance,
  scan: TestResult,
  document: Document,
  monitoring: Monitoring,
  consumers: Consumers,
  served: Served,
  sbom: CycloneDxBom,
  spdx: SpdxDocument,
  vulns: Vulnerabilities,
  approval: Approval,
  exception: Exception,
  verdict: VerificationSummary,
} as const satisfies Record<PredicateKind, unknown>;
