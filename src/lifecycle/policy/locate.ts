import { isMap, isSeq, LineCounter, type Node, parseDocument } from "yaml";

import type { PolicyFile } from "./schema.ts";
import { isSameMove, single } from "./tighten/overlay.ts";
import { readYaml } from "./yaml.ts";

/** Where something stands in a file; from 1 on. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A place in one of the texts of a policy: its own is 0, the nearest that it extends 1. */
export interface PlacedIn extends Position {
  readonly level: number;
}

/**
 * Finds which text of a policy that extends others says what stands at a path of the policy in full: the one that knows
 * most of the path, and of several the nearest.
 *
 * @param texts - its own, then those it extends, nearest first.
 */
export function locateIn(texts: readonly string[], { transitions }: PolicyFile, path: string): PlacedIn {
  const [section, index = "", ...rest] = path.split(".");
  const move = section === "transitions" ? transitions[Number(index)] : undefined;
  const places = texts.map((text, level) => {
    // Each text numbers the moves that it speaks of itself.
    const own = move && texts.length > 1 ? indexOfMove(text, move) : Number(index);
    const inText = move ? ["transitions", ...(own < 0 ? [] : [String(own), ...rest])].join(".") : path;
    return { ...find(text, inText), level };
  });
  const { depth: _depth, ...place } = places.reduce((best, one) => (one.depth > best.depth ? one : best));
  return place;
}

function indexOfMove(text: string, move: PolicyFile["transitions"][number]): number {
  const { transitions } = readYaml(text) as { readonly transitions?: unknown };
  return Array.isArray(transitions) ? transitions.flatMap(single).findIndex((one) => isSameMove(one, move)) : -1;
}

/**
 * Finds the place of a path such as `transitions.3.approvals.roles` in the text of a policy: of its deepest part that
 * is there, since what is missing has no place.
 */
export function locate(yaml: string, path: string): Position {
  const { line, column } = find(yaml, path);
  return { line, column };
}

/** With `depth`, how many steps of the path are there. */
function find(yaml: string, path: string): Position & { readonly depth: number } {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, version: "1.2", schema: "core", logLevel: "error" });
  let node: unknown = document.contents;
  let at = 0;
  let depth = 0;
  let rest = path.split(/[.\s]/);
  while (rest.length > 0) {
    const step = child(node, rest);
    if (!step) break;
    ({ node, offset: at } = step);
    rest = rest.slice(step.used);
    depth += step.used;
  }
  const { line, col } = lines.linePos(at);
  return { line, column: col, depth };
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
