import type { CardField } from "../predicates/model-card.ts";

/**
 * Where a field stands in a card: keys of the front matter, then headings of the text, the first that says something.
 */
export interface CardFieldSource {
  readonly keys: readonly string[];
  /** As {@link normaliseHeading} writes them. */
  readonly headings: readonly string[];
}

/** mreg's own names, and those of Hugging Face's card template and metadata. */
export const cardFieldSources: Readonly<Record<CardField, CardFieldSource>> = {
  intendedUse: { keys: ["intended_use"], headings: ["intended use", "intended uses", "uses", "direct use"] },
  outOfScope: { keys: ["out_of_scope"], headings: ["out of scope", "out of scope use"] },
  limitations: {
    keys: ["limitations"],
    headings: ["limitations", "bias risks and limitations", "limitations and bias"],
  },
  riskClass: { keys: ["risk_class"], headings: ["risk class"] },
  license: { keys: ["license", "license_name"], headings: ["license", "licence"] },
  owners: { keys: ["owners", "owner"], headings: ["owners", "owner"] },
  trainingData: { keys: ["training_data", "datasets"], headings: ["training data"] },
  evaluation: { keys: ["evaluation"], headings: ["evaluation", "evaluation results"] },
  ethics: { keys: ["ethics"], headings: ["ethics", "ethical considerations"] },
  users: { keys: ["users"], headings: ["users", "intended users"] },
  languages: { keys: ["languages", "language"], headings: ["languages"] },
  baseModel: { keys: ["base_model"], headings: ["base model"] },
};

/**
 * Writes a heading so that spelling habits do not matter: `Bias, Risks, and Limitations` → `bias risks and
 * limitations`.
 */
export function normaliseHeading(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
