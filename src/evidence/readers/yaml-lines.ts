import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { yamlLimitBytes } from "../../base/limits.ts";

type Path = readonly (string | number)[];

/**
 * Finds the line on which a key of YAML, or of JSON, which is YAML too, stands.
 *
 * The text must have been parsed before: nothing of it is believed here. Longer texts than a YAML parser bears have no
 * lines.
 *
 * @param firstLine - line of the file that the text begins with.
 */
export function lineFinder(text: string, firstLine = 1): (path: Path) => number | undefined {
  let find: ((path: Path) => number | undefined) | undefined;
  return (path) => {
    find ??= finder(text, firstLine);
    return find(path);
  };
}

function finder(text: string, firstLine: number): (path: Path) => number | undefined {
  if (text.length > yamlLimitBytes) return () => undefined;
  const lines = new LineCounter();
  const { contents } = parseDocument(text, {
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  return (path) => {
    let node: unknown = contents;
    let offset: number | undefined;
    for (const step of path) {
      const child = childOf(node, step);
      if (!child) break;
      offset = child.offset ?? offset;
      node = child.value;
    }
    return offset === undefined ? undefined : lines.linePos(offset).line + firstLine - 1;
  };
}

function childOf(node: unknown, step: string | number): { value: unknown; offset: number | undefined } | undefined {
  if (isSeq(node) && typeof step === "number") {
    const value = node.items[step] as Node | undefined;
    return value && { value, offset: value.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair && { value: pair.value, offset: (pair.key as Node).range?.[0] };
}
