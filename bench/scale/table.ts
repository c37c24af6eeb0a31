import type { Cost } from "./place.ts";

/** Costs by operation, and then by size. */
export type Costs = ReadonlyMap<string, ReadonlyMap<number, Cost>>;

/** A dimension's table in Markdown: a row per operation and size. */
export function table(name: string, costs: Costs): string {
  const rows = [...costs].flatMap(([operation, bySize]) =>
    [...bySize].map(
      ([size, { bytes, peakRssBytes, requests, seconds }]) =>
        `| ${operation} | ${size} | ${requests} | ${(bytes / 1024).toFixed(bytes < 10_240 ? 1 : 0)} | ${seconds.toFixed(2)} | ${peakRssBytes === undefined ? "" : Math.round(peakRssBytes / 2 ** 20)} |`,
    ),
  );
  return [
    `| operation | ${name} | requests | KiB | seconds | peak RSS, MiB |`,
    "|---|---:|---:|---:|---:|---:|",
    ...rows,
  ].join("\n");
}

/** Puts a dimension's table into the document, between its two marks. */
export function placeTable(document: string, name: string, text: string): string {
  const [open, close] = [`<!-- scale:${name} -->`, `<!-- /scale:${name} -->`];
  const [start, end] = [document.indexOf(open), document.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`docs/scale.md has no place for ${name}`);
  return `${document.slice(0, start + open.length)}\n${text}\n${document.slice(end)}`;
}
