import { z } from "zod";
import { cardFieldLimitCharacters } from "../limits.ts";
import type { cardFields } from "../predicate-words.ts";
import { FileReference, Name } from "./resource.ts";

const text = z.string().min(1).max(cardFieldLimitCharacters);
const list = z.array(text).min(1).max(1_000);

/**
 * What a card says, in one shape whatever the card's own format. An absent field is one that the card does not fill.
 */
export const CardFields = z.strictObject({
  intendedUse: text.optional(),
  outOfScope: text.optional(),
  limitations: text.optional(),
  /** One lower-case word, such as `high`: policies choose their tier by it, so spelling must not vary. */
  riskClass: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
    .optional(),
  license: text.optional(),
  owners: list.optional(),
  trainingData: list.optional(),
  evaluation: text.optional(),
  ethics: text.optional(),
  users: text.optional(),
  languages: list.optional(),
  baseModel: list.optional(),
} satisfies Record<(typeof cardFields)[number], z.ZodType>);
export type CardFields = Readonly<z.infer<typeof CardFields>>;
export type CardField = keyof CardFields;

/** The fields that a complete card has; the policy says which of them a gate insists on. */
export const coreCardFields = [
  "intendedUse",
  "limitations",
  "riskClass",
  "license",
  "owners",
  "trainingData",
  "evaluation",
  "ethics",
] as const satisfies readonly CardField[];

/** A model card, `https://mreg.dev/model-card/v1`: the card itself by digest, and its fields for gates to read. */
export const ModelCard = z.strictObject({
  /**
   * `hf-readme`: Markdown with YAML front matter; `mreg-json`: the fields as a JSON object; `mct`: JSON of Google's
   * Model Card Toolkit; `cyclonedx`: the modelCard of a component in a CycloneDX bill of materials.
   */
  format: z.enum(["hf-readme", "mreg-json", "mct", "cyclonedx"]),
  /** Version of the format, where the card states one. */
  formatVersion: Name.optional(),
  card: FileReference,
  /** Further files that belong to the card. */
  evidence: z.array(FileReference).optional(),
  fields: CardFields,
  /** Core fields that the card does not fill. Gates look at `fields`; this is for people. */
  completeness: z.strictObject({ missing: z.array(Name) }),
});
export type ModelCard = Readonly<z.infer<typeof ModelCard>>;
