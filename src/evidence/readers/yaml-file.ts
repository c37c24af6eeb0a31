import { type Document, isScalar, parseDocument, visit } from "yaml";
import type { JsonValue } from "../../base/json.ts";
import { jsonDepthLimit, yamlAliasLimit, yamlLimitBytes } from "../../base/limits.ts";
import { EvidenceError } from "../errors.ts";
import { type JsonObject, objectOf } from "./json-file.ts";

/**
 * Parses a YAML mapping in which every scalar stays the text it was written as (the `failsafe` schema).
 *
 * `2e-5` stays `"2e-5"`, a commit of digits does not become a float and the language `no` not a boolean. Tags never
 * construct anything, aliases are limited against "billion laughs", and duplicate keys are errors.
 *
 * @param text - from outside; at most {@link yamlLimitBytes} characters.
 * @param file - its name, for errors.
 * @throws {@link EvidenceError} `EVIDENCE_INVALID`.
 */
export function parseYamlObject(text: string, file: string): JsonObject {
  const object = objectOf(parseYaml(text, file));
  if (!object) throw invalid(file, "its YAML is not a mapping, expected `name: value` lines");
  return object;
}

/** Parses YAML of any kind; otherwise like {@link parseYamlObject}. */
export function parseYaml(text: string, file: string): JsonValue {
  if (text.length > yamlLimitBytes) {
    throw invalid(file, `its YAML has ${text.length} characters, expected at most ${yamlLimitBytes}`);
  }
  let value: unknown;
  try {
    // The package compares every key with every other one (seconds for a hostile file), so that is done below.
    // Warnings would go to the terminal past everybody, with what the file says in them.
    const document = parseDocument(text, {
      schema: "failsafe",
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "error",
    });
    const [error] = document.errors;
    if (error) throw error;
    refuseDuplicateKeys(document);
    value = document.toJS({ maxAliasCount: yamlAliasLimit });
    refuseDeepNesting(value);
  } catch (cause) {
    // Also excessive aliases (ReferenceError) and a parser that ran out of stack (RangeError): the document's fault.
    throw invalid(file, `its YAML cannot be read: ${(cause as Error).message.slice(0, 300)}`, cause);
  }
  // The failsafe schema has texts, lists and mappings, and null for what is left empty.
  return value as JsonValue;
}

/** Two readers may pick different ones of two equal keys, and see different evidence under one digest. */
function refuseDuplicateKeys(document: Document): void {
  visit(document, {
    Map(_, map) {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        const text = isScalar(key) ? String(key.value) : String(key);
        if (keys.has(text)) throw new SyntaxError(`duplicate key ${JSON.stringify(text.slice(0, 100))}`);
        keys.add(text);
      }
    },
  });
}

/**
 * What is signed must be readable by everyone who has a depth limit; an alias to its own parent has no depth at all.
 */
function refuseDeepNesting(value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  // Half of the limit, because the value becomes part of a statement.
  if (depth > jsonDepthLimit / 2) throw new SyntaxError(`nested deeper than ${jsonDepthLimit / 2}`);
  for (const child of Object.values(value)) refuseDeepNesting(child, depth + 1);
}

function invalid(file: string, message: string, cause?: unknown): EvidenceError {
  return new EvidenceError("EVIDENCE_INVALID", message, { file, cause });
}
