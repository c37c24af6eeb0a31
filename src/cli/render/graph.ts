import type { GraphNode, GraphResult } from "../results/graph.ts";
import { safe, shortDigest } from "./text.ts";

export type GraphStyle = GraphResult["as"];

/** Draws a referrer graph as indented tree, Graphviz dot or Mermaid flowchart. */
export function drawGraph({ as, reference, root }: GraphResult): string {
  if (as === "tree") return [safe(reference), ...branches(root, "")].join("\n");
  const lines = as === "dot" ? dot(root) : mermaid(root);
  return [...lines].join("\n");
}

/** What a node is: the predicate a bundle says it carries, the kind an evidence manifest says, or its type. */
function label({ annotations, artifactType, mediaType }: GraphNode): string {
  return safe(
    annotations?.["dev.sigstore.bundle.predicateType"] ?? annotations?.["dev.mreg.kind"] ?? artifactType ?? mediaType,
  );
}

function* branches(node: GraphNode, indent: string): Iterable<string> {
  const last = node.referrers.length - 1;
  for (const [at, child] of node.referrers.entries()) {
    yield `${indent}${at === last ? "└── " : "├── "}${label(child)}  ${shortDigest(child.digest)}`;
    yield* branches(child, `${indent}${at === last ? "    " : "│   "}`);
  }
}

function* edges(node: GraphNode): Iterable<{ readonly from: GraphNode; readonly to: GraphNode }> {
  for (const child of node.referrers) {
    yield { from: child, to: node };
    yield* edges(child);
  }
}

/** Quotes that a label may not close: both languages read `"` as its end. */
const quoted = (node: GraphNode): string => `"${label(node).replaceAll(/["\\]/g, "'")} ${shortDigest(node.digest)}"`;

function* dot(root: GraphNode): Iterable<string> {
  yield "digraph referrers {";
  yield "  rankdir=RL;";
  for (const { from, to } of edges(root)) yield `  ${quoted(from)} -> ${quoted(to)};`;
  yield "}";
}

function* mermaid(root: GraphNode): Iterable<string> {
  yield "flowchart RL";
  const id = (node: GraphNode) => `n${node.digest.slice(-12)}`;
  yield `  ${id(root)}[${quoted(root)}]`;
  for (const { from, to } of edges(root)) yield `  ${id(from)}[${quoted(from)}] --> ${id(to)}`;
}
