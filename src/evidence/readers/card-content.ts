import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import { type CardField, CardFields, type ModelCard } from "../predicates/model-card.ts";

export type FieldContent = string | string[];

const listFields: readonly CardField[] = ["owners", "trainingData", "languages", "baseModel"];

/**
 * What templates leave behind where nobody wrote anything; the first is Hugging Face's. Punctuation alone is nothing,
 * too.
 */
const placeholderPattern =
  /^[\s\p{P}\p{S}]*(?:more information needed|to ?do|tbd|fixme|n\/a|none|null)?[\s\p{P}\p{S}]*$/iu;

/** Somewhere in a card that may say something about a field. */
export interface CardPlace {
  readonly value: JsonValue | undefined;
  /** Line in the file, counted from 1; asked for only when somebody wants to know. */
  readonly line: () => number | undefined;
}

/** A card in one shape whatever its own: where each field may stand, the likeliest place first. */
export interface CardReading {
  readonly format: ModelCard["format"];
  readonly formatVersion?: string | undefined;
  places(field: CardField): readonly CardPlace[];
}

/** Whether a field holds a list rather than text. */
export const isListField = (field: CardField): boolean => listFields.includes(field);

/**
 * Brings what stands in one place into the form of a field; undefined when it says nothing, or only what a template
 * says.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` for values that are neither text nor a list of texts, and for a risk
 * class of several words.
 */
export function fieldContent(field: CardField, value: JsonValue | undefined, file: string): FieldContent | undefined {
  if (value === undefined || value === null) return undefined;
  const items = (Array.isArray(value) ? value : [value]).map((item) => textOf(field, item, file));
  const filled = items.filter((item) => item !== "" && !placeholderPattern.test(item));
  if (filled.length === 0) return undefined;
  if (isListField(field)) return filled;
  if (field !== "riskClass") return filled.join("\n");
  const risk = filled.join(" ").toLowerCase();
  if (CardFields.shape.riskClass.safeParse(risk).success) return risk;
  const found = JSON.stringify(risk.slice(0, 60));
  const message = `its risk class is ${found}, expected one word such as minimal, limited or high`;
  throw new EvidenceError("EVIDENCE_INVALID", message, { file });
}

function textOf(field: CardField, value: JsonValue, file: string): string {
  if (typeof value === "string") return value.trim();
  const found =
    value === null
      ? "null"
      : Array.isArray(value)
        ? "a list in a list"
        : `${typeof value === "boolean" ? "a boolean" : "an object"}`;
  const message = `${field} holds ${found}, expected text or a list of texts`;
  throw new EvidenceError("EVIDENCE_INVALID", message, { file });
}
