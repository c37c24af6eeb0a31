import { yamlAliasLimit, yamlLimitBytes } from "../../base/limits.ts";

/** A mapping in YAML whose scalars are the texts they were written as. */
export type YamlMapping = Readonly<Record<string, unknown>>;

/**
 * Reads a mapping from YAML, to be shown. The parser is loaded when it is needed.
 *
 * @returns undefined for what is too long, no YAML, or no mapping: it is shown, not judged.
 */
export async function readYamlMapping(text: string): Promise<YamlMapping | undefined> {
  if (text.length > yamlLimitBytes) return undefined;
  const { parseDocument } = await import("yaml");
  try {
    const document = parseDocument(text, {
      schema: "failsafe",
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "error",
    });
    if (document.errors.length > 0) return undefined;
    return mappingOf(document.toJS({ maxAliasCount: yamlAliasLimit }));
  } catch {
    // Excessive aliases (ReferenceError), and a parser that ran out of stack (RangeError).
    return undefined;
  }
}

/** The YAML between the `---` lines at the top of a Markdown file; undefined when there is none that ends. */
export function frontMatterOf(markdown: string): string | undefined {
  const text = markdown.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  if (!text.startsWith("---\n")) return undefined;
  const end = text.indexOf("\n---", 3);
  return end < 0 ? undefined : text.slice(4, end + 1);
}

export function mappingOf(value: unknown): YamlMapping | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as YamlMapping) : undefined;
}

/** A text, or the texts of a list. */
export function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === "string").filter((item) => item !== "");
}
