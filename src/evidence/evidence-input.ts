import type { Digest } from "../base/digest.ts";
import type { EvalInput } from "./eval-input.ts";
import type { EvidenceSource } from "./evidence-file.ts";
import type { EvalEnvironment } from "./predicates/eval.ts";

/** What `mreg attach --type` names. */
export const evidenceKinds = [
  "card",
  "eval",
  "eval-plan",
  "lineage",
  "scan",
  "document",
  "monitoring",
  "consumers",
  "served",
  "sbom",
  "vulns",
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** What evidence is drafted from. */
export interface EvidenceInput {
  /** The first one is read; the others go with it as they are. */
  readonly files: readonly EvidenceSource[];
  /** What a document is for, such as `runbook`. Only for documents, and needed there. */
  readonly role?: string;
  /** Where an evaluation ran, for results that do not say so themselves. Default `offline`. */
  readonly environment?: EvalEnvironment;
  /** The suite that results belong to, for harnesses that have no name for it. Default: made from the tasks. */
  readonly suite?: { readonly name: string; readonly version: string };
  /** RFC 3339: when something was observed, for reports that do not say so themselves. */
  readonly observedAt?: string;
  /** The version that the evidence is attached to; what says that it is about another one is refused. */
  readonly subject?: Digest;
  /** What is known about an evaluation and not in its files. */
  readonly eval?: EvalInput;
  readonly now: Date;
}
