import type { LineageImpactResult, LineageShowResult } from "../results/lineage.ts";
import { count, safe, shortDigest, table } from "./text.ts";

export function renderLineage({ reference, statements, unverified }: LineageShowResult): string {
  const blocks = statements.map((statement) => {
    const { run, startedOn, finishedOn, code, datasets, baseModels, missing, signer } = statement;
    const rows: string[][] = [
      ["run", run ?? "not said"],
      ...(startedOn || finishedOn ? [["time", `${startedOn ?? "?"} to ${finishedOn ?? "?"}`]] : []),
      ...(code ? [["code", `${code.commit} ${code.uri ?? ""}${from(code.source)}`]] : []),
      ...datasets.map(({ name, version, source }) => [
        "data set",
        `${name} ${version ?? "(no version)"}${from(source)}`,
      ]),
      ...baseModels.map(({ uri, digest }) => ["base model", [uri, digest].filter(Boolean).join(" ")]),
      ...(missing.length > 0 ? [["missing", missing.join(", ")]] : []),
      ["said by", `${signer} in ${shortDigest(statement.statement)}`],
    ];
    return table(rows);
  });
  const rejected = unverified.map(({ statement, reason }) => `not verified: ${statement}: ${safe(reason)}`);
  if (statements.length === 0) blocks.push("no verified lineage");
  return [...blocks, ...rejected, safe(reference)].join("\n");
}

export function renderImpact({ affected, unknown, unverified, checked, registry }: LineageImpactResult): string {
  const rows = affected.map(({ name, version, digest, path, signer }) => [
    `${name}:${version}`,
    shortDigest(digest),
    path.join(" → "),
    `by ${signer.length > 40 ? shortDigest(signer) : signer}`,
  ]);
  const rejected = unverified.map(
    ({ name, version, statement, reason }) =>
      `not counted: ${safe(name)}:${version} ${shortDigest(statement)}: ${safe(reason)}`,
  );
  const open = unknown.map(({ name, version }) => `${name}:${version}`);
  const more = open.length > 20 ? ` and ${open.length - 20} more` : "";
  return [
    ...(rows.length > 0 ? [table(rows)] : []),
    `${affected.length} of ${count(checked, "version")} of ${safe(registry)} affected, by verified statements`,
    ...(open.length > 0 ? [`cannot be told, no verified lineage: ${safe(open.slice(0, 20).join(", "))}${more}`] : []),
    ...rejected,
  ].join("\n");
}

function from(source: string | undefined): string {
  return source === undefined ? "" : ` (found in ${source})`;
}
