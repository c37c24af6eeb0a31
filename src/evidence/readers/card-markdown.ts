import { EvidenceError } from "../errors.ts";
import type { CardField } from "../predicates/model-card.ts";
import type { CardPlace, CardReading } from "./card-content.ts";
import { isListField } from "./card-content.ts";
import { cardFieldSources, normaliseHeading } from "./card-field.ts";
import { type Section, sections, splitFrontMatter } from "./markdown.ts";
import { parseYamlObject } from "./yaml-file.ts";
import { lineFinder } from "./yaml-lines.ts";

/**
 * Markdown with YAML front matter in the way of Hugging Face. Front matter wins over a heading of the same name.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` for front matter that never ends, or is no YAML mapping.
 */
export function readMarkdownCard(text: string, file: string): CardReading {
  const { frontMatter, body, bodyLine } = split(text, file);
  const matter = frontMatter?.trim() ? parseYamlObject(frontMatter, file) : {};
  const found = sections(body);
  const lineOf = lineFinder(frontMatter ?? "", 2);
  return {
    format: "hf-readme",
    places: (field) => {
      const { keys, headings } = cardFieldSources[field];
      const stated = keys
        .filter((key) => Object.hasOwn(matter, key))
        .map((key): CardPlace => ({ value: matter[key], line: () => lineOf([key]) }));
      const under = found
        .filter(({ title }) => headings.includes(normaliseHeading(title)))
        .map((section): CardPlace => ({ value: sectionValue(field, section), line: () => section.line + bodyLine }));
      return [...stated, ...under];
    },
  };
}

/** The items of a list under the heading of a field that holds one, else all of the text. */
function sectionValue(field: CardField, { text }: Section): string | string[] {
  const bullets = text.split("\n").filter((line) => /^\s*[-*+]\s/.test(line));
  const items = bullets.map((line) => line.replace(/^\s*[-*+]\s+/, ""));
  return isListField(field) && items.length > 0 ? items : text;
}

function split(text: string, file: string): ReturnType<typeof splitFrontMatter> {
  try {
    return splitFrontMatter(text);
  } catch (cause) {
    throw new EvidenceError("EVIDENCE_INVALID", (cause as Error).message, { file, cause });
  }
}
