import { EvidenceError } from "./errors.ts";
import { type EvidenceSource, evidenceFiles } from "./evidence-file.ts";
import { type CardField, coreCardFields, type ModelCard } from "./predicates/model-card.ts";
import { openCard } from "./readers/card.ts";
import { fieldContent } from "./readers/card-content.ts";
import { cardFieldSources } from "./readers/card-field.ts";

/** One field of a card: `filled`, `missing`, `placeholder` (there, and says nothing) or `invalid`. */
export interface CardFinding {
  readonly field: CardField;
  readonly status: "filled" | "missing" | "placeholder" | "invalid";
  /** Where it stands in the file, counted from 1. */
  readonly line?: number;
  /** What is wrong and where it is expected; absent for a field that is filled. */
  readonly message?: string;
}

export interface CardLint {
  readonly format: ModelCard["format"];
  /** One per core field, in their order. */
  readonly fields: readonly CardFinding[];
  readonly filled: number;
}

const jsonPlaces = {
  mct: {
    intendedUse: "considerations.use_cases",
    limitations: "considerations.limitations",
    riskClass: "considerations.risk_class",
    license: "model_details.licenses",
    owners: "model_details.owners",
    trainingData: "model_parameters.data",
    evaluation: "quantitative_analysis.performance_metrics",
    ethics: "considerations.ethical_considerations",
  },
  cyclonedx: {
    intendedUse: "modelCard.considerations.useCases",
    limitations: "modelCard.considerations.technicalLimitations",
    riskClass: "a property named riskClass",
    license: "licenses",
    owners: "manufacturer, supplier or authors",
    trainingData: "modelCard.modelParameters.datasets",
    evaluation: "modelCard.quantitativeAnalysis.performanceMetrics",
    ethics: "modelCard.considerations.ethicalConsiderations",
  },
} satisfies Record<string, Record<(typeof coreCardFields)[number], string>>;

/**
 * Says of each field that a complete card has whether the card fills it, and where it does.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` or `EVIDENCE_INCOMPLETE` for a file that cannot be read as a card.
 */
export function lintCard(source: EvidenceSource): CardLint {
  const [file] = evidenceFiles([source]);
  const reading = openCard(file);
  const fields = coreCardFields.map((field): CardFinding => {
    const places = reading.places(field).filter(({ value }) => value !== undefined && value !== null);
    const expected = placeOf(field, reading.format);
    for (const { value, line } of places) {
      const at = lineOf(line());
      try {
        if (fieldContent(field, value, file.path) !== undefined) return { field, status: "filled", ...at };
      } catch (error) {
        if (!(error instanceof EvidenceError)) throw error;
        return { field, status: "invalid", ...at, message: error.message.slice(file.path.length + 2) };
      }
    }
    const [empty] = places;
    if (!empty) return { field, status: "missing", message: `is missing, expected ${expected}` };
    return { field, status: "placeholder", ...lineOf(empty.line()), message: "is there and says nothing" };
  });
  return { format: reading.format, fields, filled: fields.filter(({ status }) => status === "filled").length };
}

const lineOf = (line: number | undefined) => (line === undefined ? {} : { line });

function placeOf(field: (typeof coreCardFields)[number], format: ModelCard["format"]): string {
  if (format === "mreg-json") return `the key ${field}`;
  if (format !== "hf-readme") return jsonPlaces[format][field];
  const { keys, headings } = cardFieldSources[field];
  return `${keys[0]} in the front matter, or a heading "${headings[0]}"`;
}
