import type { EvidenceRule } from "../policy/schema.ts";

/** Gates that come with a field of a rule: `eval.slices` with `slices`. */
const partFields = {
  conditions: "conditions",
  licenses: "license",
  riskClasses: "risk-class",
  personalData: "personal-data",
  minSamples: "samples",
  slices: "slices",
  categories: "categories",
  rotation: "rotation",
  holdout: "holdout",
  preRegistered: "plan",
  attempts: "attempts",
  noOverlapWith: "overlap",
  baseline: "baseline",
} as const;

/** The field of a rule that a part of its gate judges: `minSamples` of `samples`. */
export function fieldOfPart(part: string): string | undefined {
  return Object.entries(partFields).find(([, name]) => name === part)?.[0];
}

/** The gates beside its own that a rule brings along. */
export function partsOf(gate: string, rule: EvidenceRule): readonly string[] {
  return Object.entries(partFields)
    .filter(([field]) => isAsked((rule as Readonly<Record<string, unknown>>)[field]))
    .map(([, part]) => `${gate}.${part}`);
}

function isAsked(value: unknown): boolean {
  if (value === undefined) return false;
  return typeof value !== "object" || value === null || Object.keys(value).length > 0;
}
