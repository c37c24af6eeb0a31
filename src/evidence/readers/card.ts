import { decodeUtf8 } from "../../base/bytes.ts";
import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import { type EvidenceFile, fileReference } from "../evidence-file.ts";
import { type CardField, CardFields, coreCardFields, type ModelCard } from "../predicates/model-card.ts";
import { cardFieldSources, normaliseHeading } from "./card-field.ts";
import { type JsonObject, looksLikeJson, readExactJsonObject } from "./json-file.ts";
import { type Section, sections, splitFrontMatter } from "./markdown.ts";
import { furtherEvidence, type ReadFiles, type Reading } from "./reading.ts";
import { parseYamlObject } from "./yaml-file.ts";

type FieldContent = string | string[];

const listFields: readonly CardField[] = ["owners", "trainingData", "languages", "baseModel"];

/** What templates leave behind where nobody wrote anything; the first is Hugging Face's. Punctuation alone is nothing, too. */
const placeholderPattern =
  /^[\s\p{P}\p{S}]*(?:more information needed|to ?do|tbd|fixme|n\/a|none|null)?[\s\p{P}\p{S}]*$/iu;

/**
 * Reads a model card: Markdown with YAML front matter in the way of Hugging Face, or JSON with the fields in camelCase.
 *
 * Front matter wins over a heading of the same name. Text that is only a template's placeholder counts as missing.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` when no field of a card is found, `EVIDENCE_INVALID`.
 */
export function readCard(files: ReadFiles): Reading {
  const [file] = files;
  const isJson = looksLikeJson(file);
  const fields = isJson ? jsonFields(readExactJsonObject(file), file) : markdownFields(file);
  if (Object.keys(fields).length === 0) {
    throw new EvidenceError(
      "FORMAT_UNKNOWN",
      "no field of a model card was found, expected Markdown with YAML front matter or headings, or JSON, " +
        `with some of ${coreCardFields.join(", ")}`,
      { file: file.path },
    );
  }
  const predicate: ModelCard = {
    format: isJson ? "mreg-json" : "hf-readme",
    card: fileReference(file),
    ...furtherEvidence(files),
    fields,
    completeness: { missing: coreCardFields.filter((field) => fields[field] === undefined) },
  };
  return { predicate };
}

function jsonFields(value: JsonObject, file: EvidenceFile): CardFields {
  return filledFields((field) => fieldOf(field, value[field], file));
}

function markdownFields(file: EvidenceFile): CardFields {
  const { frontMatter, body } = split(file);
  const matter = frontMatter?.trim() ? parseYamlObject(frontMatter, file.path) : {};
  const found = sections(body);
  return filledFields((field) => {
    const { keys, headings } = cardFieldSources[field];
    const stated = keys.map((key) => fieldOf(field, matter[key], file)).find((content) => content !== undefined);
    return stated ?? fieldUnder(field, headings, found, file);
  });
}

/** Asks for every field that a card may have and keeps those that say something. */
function filledFields(contentOf: (field: CardField) => FieldContent | undefined): CardFields {
  const fields: Partial<Record<CardField, FieldContent>> = {};
  for (const field of Object.keys(cardFieldSources) as CardField[]) {
    const content = contentOf(field);
    if (content !== undefined) fields[field] = content;
  }
  // Lists and texts are told apart by fieldOf; every draft is held against the schema before it leaves the room.
  return fields as CardFields;
}

function split(file: EvidenceFile): ReturnType<typeof splitFrontMatter> {
  try {
    return splitFrontMatter(decodeUtf8(file.bytes));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : "it is not UTF-8 text";
    throw new EvidenceError("EVIDENCE_INVALID", reason, { file: file.path, cause });
  }
}

function fieldUnder(field: CardField, headings: readonly string[], found: readonly Section[], file: EvidenceFile) {
  for (const { title, text } of found) {
    if (!headings.includes(normaliseHeading(title))) continue;
    const bullets = text.split("\n").filter((line) => /^\s*[-*+]\s/.test(line));
    const items = bullets.map((line) => line.replace(/^\s*[-*+]\s+/, ""));
    const content = fieldOf(field, listFields.includes(field) && items.length > 0 ? items : text, file);
    if (content !== undefined) return content;
  }
  return undefined;
}

/** Brings one field into its form; undefined when it says nothing. */
function fieldOf(field: CardField, value: JsonValue | undefined, file: EvidenceFile): FieldContent | undefined {
  if (value === undefined || value === null) return undefined;
  const items = (Array.isArray(value) ? value : [value]).map((item) => textOf(field, item, file));
  const filled = items.filter((item) => item !== "" && !placeholderPattern.test(item));
  if (filled.length === 0) return undefined;
  if (listFields.includes(field)) return filled;
  if (field !== "riskClass") return filled.join("\n");
  const risk = filled.join(" ").toLowerCase();
  if (CardFields.shape.riskClass.safeParse(risk).success) return risk;
  const found = JSON.stringify(risk.slice(0, 60));
  const message = `its risk class is ${found}, expected one word such as minimal, limited or high`;
  throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
}

function textOf(field: CardField, value: JsonValue, file: EvidenceFile): string {
  if (typeof value === "string") return value.trim();
  const found =
    value === null
      ? "null"
      : Array.isArray(value)
        ? "a list in a list"
        : `${typeof value === "boolean" ? "a boolean" : "an object"}`;
  const message = `${field} holds ${found}, expected text or a list of texts`;
  throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
}
