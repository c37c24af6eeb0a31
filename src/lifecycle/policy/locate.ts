import { isMap, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** Where something stands in a file; from 1 on. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Finds the place of a path such as `transitions.3.approvals.roles` in the text of a policy: of its deepest part that
 * is there, since what is missing has no place.
 */
export function locate(yaml: string, path: string): Position {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, version: "1.2", schema: "core", logLevel: "error" });
  let node: unknown = document.contents;
  let at = 0;
  let rest = path.replace(/^\(base\) .*/, "").split(/[.\s]/);
  while (rest.length > 0) {
    const step = child(node, rest);
    if (!step) break;
    ({ node, offset: at } = step);
    rest = rest.slice(step.used);
  }
  const { line, col } = lines.linePos(at);
  return { line, column: col };
}

interface Step {
  readonly node: unknown;
  readonly offset: number;
  /** Parts of the path; a key may have dots in it. */
  readonly used: number;
}

function child(node: unknown, path: readonly string[]): Step | undefined {
  if (isSeq(node)) return element(node.items, path[0] ?? "");
  if (!isMap(node)) return undefined;
  for (let used = path.length; used > 0; used--) {
    const key = path.slice(0, used).join(".");
    const pair = node.items.find((item) => String(item.key) === key);
    if (pair) return { node: pair.value, offset: (pair.key as Node).range?.[0] ?? 0, used };
  }
  return undefined;
}

/** An entry of a list. A transition from several states is one entry of the file and several of the policy. */
function element(items: readonly unknown[], index: string): Step | undefined {
  const wanted = Number(index);
  let reached = 0;
  for (const item of items) {
    const from = isMap(item) ? item.get("from") : undefined;
    reached += isSeq(from) ? from.items.length : 1;
    if (wanted < reached) return { node: item, offset: (item as Node).range?.[0] ?? 0, used: 1 };
  }
  return undefined;
}
