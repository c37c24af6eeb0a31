import { decodeUtf8 } from "../../base/bytes.ts";
import { EvidenceError } from "../errors.ts";
import { type EvidenceFile, fileReference } from "../evidence-file.ts";
import { type CardField, type CardFields, coreCardFields, type ModelCard } from "../predicates/model-card.ts";
import { type CardReading, type FieldContent, fieldContent } from "./card-content.ts";
import { cardFieldSources } from "./card-field.ts";
import { readJsonCard } from "./card-json.ts";
import { readMarkdownCard } from "./card-markdown.ts";
import { looksLikeJson, readExactJsonObject } from "./json-file.ts";
import { furtherEvidence, type ReadFiles, type Reading } from "./reading.ts";

/**
 * Reads a model card: Markdown with YAML front matter in the way of Hugging Face, JSON of Google's Model Card Toolkit,
 * a CycloneDX bill of materials with a modelCard, or JSON with the fields in camelCase.
 *
 * Text that is only a template's placeholder counts as missing.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` when no field of a card is found, `EVIDENCE_INVALID`.
 */
export function readCard(files: ReadFiles): Reading {
  const [file] = files;
  const reading = openCard(file);
  const fields = filledFields(reading, file);
  if (Object.keys(fields).length === 0) {
    throw new EvidenceError(
      "FORMAT_UNKNOWN",
      "no field of a model card was found, expected Markdown with YAML front matter or headings, or JSON, " +
        `with some of ${coreCardFields.join(", ")}`,
      { file: file.path },
    );
  }
  const predicate: ModelCard = {
    format: reading.format,
    ...(reading.formatVersion === undefined ? {} : { formatVersion: reading.formatVersion }),
    card: fileReference(file),
    ...furtherEvidence(files),
    fields,
    completeness: { missing: coreCardFields.filter((field) => fields[field] === undefined) },
  };
  return { predicate };
}

/** Opens a card of any format. @throws {@link EvidenceError} `EVIDENCE_INVALID` for what cannot be parsed. */
export function openCard(file: EvidenceFile): CardReading {
  if (looksLikeJson(file)) return readJsonCard(readExactJsonObject(file), textOf(file), file.path);
  return readMarkdownCard(textOf(file), file.path);
}

/** Asks for every field that a card may have and keeps those that say something. */
function filledFields(reading: CardReading, { path }: EvidenceFile): CardFields {
  const fields: Partial<Record<CardField, FieldContent>> = {};
  for (const field of Object.keys(cardFieldSources) as CardField[]) {
    for (const { value } of reading.places(field)) {
      const content = fieldContent(field, value, path);
      if (content === undefined) continue;
      fields[field] = content;
      break;
    }
  }
  // Lists and texts are told apart by fieldContent; every draft is held against the schema before it leaves the room.
  return fields as CardFields;
}

function textOf(file: EvidenceFile): string {
  try {
    return decodeUtf8(file.bytes);
  } catch (cause) {
    throw new EvidenceError("EVIDENCE_INVALID", "it is not UTF-8 text", { file: file.path, cause });
  }
}
