import { Approval } from "./predicates/approval.ts";
import { Document } from "./predicates/document.ts";
import { Eval } from "./predicates/eval.ts";
import { ModelCard } from "./predicates/model-card.ts";
import { Provenance } from "./predicates/provenance.ts";
import { TestResult } from "./predicates/test-result.ts";
import { VerificationSummary } from "./predicates/verification-summary.ts";

/** What statements about a model say, by the name that policies and `mreg attach --type` use. */
export const predicateTypes = {
  card: "https://mreg.dev/model-card/v1",
  eval: "https://mreg.dev/eval/v1",
  lineage: "https://slsa.dev/provenance/v1",
  scan: "https://in-toto.io/attestation/test-result/v0.1",
  document: "https://mreg.dev/document/v1",
  approval: "https://mreg.dev/approval/v1",
  verdict: "https://slsa.dev/verification_summary/v1",
} as const;
export type PredicateKind = keyof typeof predicateTypes;

/** The schema of each predicate; nothing reads a predicate in any other way. */
export const predicateSchemas = {
  card: ModelCard,
  eval: Eval,
  lineage: Provenance,
  scan: TestResult,
  document: Document,
  approval: Approval,
  verdict: VerificationSummary,
} as const satisfies Record<PredicateKind, unknown>;
