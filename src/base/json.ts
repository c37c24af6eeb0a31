import { decodeUtf8 } from "./bytes.ts";
import { jsonDepthLimit } from "./limits.ts";

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/**
 * Parses JSON the way a verifier must: malformed UTF-8, duplicate keys and deep nesting are errors.
 *
 * `JSON.parse` keeps the last of two equal keys where Go's protojson refuses the document: a difference that lets two
 * readers see two statements under one signature.
 *
 * @throws SyntaxError that says what was found; callers wrap it in their floor's error.
 */
export function parseStrictJson(bytes: Uint8Array): JsonValue {
  let text: string;
  try {
    text = decodeUtf8(bytes);
  } catch {
    throw new SyntaxError("not valid UTF-8");
  }
  const value = JSON.parse(text) as JsonValue;
  refuseDuplicateKeys(text);
  return value;
}

/** Scans JSON text that `JSON.parse` has already accepted, so that only keys and nesting need a look. */
function refuseDuplicateKeys(text: string): void {
  const scopes: (Set<string> | undefined)[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charAt(at)) {
      case '"': {
        const end = stringEnd(text, at);
        if (expectsKey) addKey(scopes.at(-1), JSON.parse(text.slice(at, end + 1)) as string);
        expectsKey = false;
        at = end;
        break;
      }
      case "{":
      case "[":
        scopes.push(text[at] === "{" ? new Set() : undefined);
        if (scopes.length > jsonDepthLimit) throw new SyntaxError(`JSON is nested deeper than ${jsonDepthLimit}`);
        expectsKey = text[at] === "{";
        break;
      case "}":
      case "]":
        scopes.pop();
        expectsKey = false;
        break;
      case ",":
        expectsKey = scopes.at(-1) !== undefined;
        break;
    }
  }
}

function addKey(scope: Set<string> | undefined, key: string): void {
  if (scope?.has(key)) throw new SyntaxError(`duplicate key ${JSON.stringify(key)}`);
  scope?.add(key);
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

/**
 * Copies an object with its keys in code-unit order, so that equal maps have equal bytes.
 * The result has no prototype: a key named `__proto__` stays a key.
 */
export function sortedRecord<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  const sorted = Object.create(null) as Record<string, T>;
  for (const key of Object.keys(record).sort()) sorted[key] = record[key] as T;
  return sorted;
}
