import type { DiffResult } from "../results/diff.ts";
import type { Paint } from "./paint.ts";
import { count, formatBytes, safe, table } from "./text.ts";

/** Lines of one kind before the rest is only counted; `--format json` has all. */
const shownLines = 40;

/** Writes what changed, one part after the other; parts without a change are left out. */
export function renderDiff(result: DiffResult, paint: Paint): string {
  const { before, after, isSame, problems } = result;
  if (isSame) return `both are ${safe(after)}`;
  const parts = [files(result), fields("config", result.config), fields("annotations", result.annotations)];
  const settings = result.settings.map(({ path, field, ...sides }) => ({ field: `${path} ${field}`, ...sides }));
  const rest = [fields("settings", settings), tensors(result.tensors), evidence(result.evidence)];
  const warnings = problems.length > 0 ? [problems.map((problem) => `${paint.bad("✗")} ${safe(problem)}`)] : [];
  const shown = [...parts, ...rest, ...warnings].filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return [...shown, `${safe(before)}\n${safe(after)}`].join("\n\n");
}

/** A stranger's text may be a megabyte long, and a table is as wide as its widest cell. */
function short(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

type Lines = readonly string[];

function section(title: string, rows: readonly (readonly string[])[]): Lines {
  if (rows.length === 0) return [];
  const shown = table(rows.slice(0, shownLines)).split("\n");
  const more = rows.length - shown.length;
  return [title, ...[...shown, ...(more > 0 ? [`… and ${more} more`] : [])].map((line) => `  ${line}`)];
}

function files({ files: changed, sameFiles }: DiffResult): Lines {
  const rows = changed.map(({ change, before, after }) => {
    if (change === "moved") return [change, `${before?.path} → ${after?.path}`, formatBytes(after?.size ?? 0)];
    const sizes = [before, after].flatMap((side) => (side ? [formatBytes(side.size)] : []));
    return [change, (after ?? before)?.path ?? "", sizes.join(" → ")];
  });
  return section(`files: ${count(sameFiles, "file")} the same`, rows);
}

function fields(title: string, differences: DiffResult["config"]): Lines {
  const text = (value: unknown) => (value === undefined ? "absent" : short(JSON.stringify(value)));
  return section(
    title,
    differences.map(({ field, before, after }) => [short(field), `${text(before)} → ${text(after)}`]),
  );
}

function tensors({ same, differences }: DiffResult["tensors"]): Lines {
  const counts = new Map<string, number>();
  for (const { change } of differences) counts.set(change, (counts.get(change) ?? 0) + 1);
  const title = [
    `${same} the same`,
    ...[...counts].map(([change, number]) => `${number} ${meaning[change] ?? change}`),
  ];
  const rows = differences.map(({ name, change, before, after }) => {
    const looks = [
      ...new Set([before, after].flatMap((side) => (side ? [`${side.dtype} [${side.shape.join(", ")}]`] : []))),
    ];
    return [change, short(name), looks.join(" → ")];
  });
  return section(`tensors in files that differ: ${title.join(", ")}`, rows);
}

const meaning: Readonly<Record<string, string>> = { unknown: "of unknown content (no index)" };

function evidence(kinds: DiffResult["evidence"]): Lines {
  const rows = kinds.filter(({ before, after }) => before !== after);
  return section(
    "attached, not verified",
    rows.map(({ kind, before, after }) => [short(kind), `${before} → ${after}`]),
  );
}
