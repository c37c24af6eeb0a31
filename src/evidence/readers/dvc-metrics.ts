import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun, Measurement } from "./eval-run.ts";
import { flatMetrics } from "./flat-metrics.ts";
import { objectAt, textOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";

/** What `dvc metrics show` calls the files as they lie there, alone and beside other revisions. */
const workspaces = ["", "workspace"];

/**
 * What `dvc metrics show --json` prints: metrics by revision and file. Of several revisions only the workspace is read.
 *
 * The metrics files themselves are mappings of numbers, see `plain-metrics.ts`.
 *
 * @see {@link https://dvc.org/doc/command-reference/metrics/show}
 */
export const dvcMetrics: EvalFormat = {
  name: "dvc",
  title: "dvc metrics show --json",
  detect: (file, { files }) => {
    const value = objectOf(files.valueOf(file));
    const revisions = Object.values(value ?? {});
    return revisions.length > 0 && revisions.every((revision) => isRevision(revision));
  },
  read: readDvcMetrics,
};

function isRevision(revision: JsonValue): boolean {
  const files = Object.values(objectAt(revision, "data") ?? {});
  return (
    files.length > 0 &&
    files.every((one) => objectOf(one)?.["data"] !== undefined || objectOf(one)?.["error"] !== undefined)
  );
}

function readDvcMetrics(file: EvidenceFile, { files }: EvalContext): EvalRun {
  const value = objectOf(files.valueOf(file)) ?? {};
  const revisions = Object.keys(value);
  const [only] = revisions;
  const revision = workspaces.find((name) => revisions.includes(name)) ?? (revisions.length === 1 ? only : undefined);
  if (revision === undefined) {
    const message = `it has ${revisions.length} revisions and no workspace, expected one: dvc metrics show --json`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
  }
  const metrics = Object.entries(objectAt(value, revision, "data") ?? {});
  const results = metrics.flatMap(([name, one]) => fileMetrics(name, objectOf(one) ?? {}, file, metrics.length > 1));
  return { results, partial: false };
}

function fileMetrics(name: string, one: JsonObject, { path }: EvidenceFile, isOneOfMany: boolean): Measurement[] {
  if (one["error"] !== undefined) {
    const message = `dvc could not read ${name}: ${textOf(objectOf(one["error"])?.["type"]) ?? "it says why in its log"}`;
    throw new EvidenceError("EVIDENCE_INVALID", message.slice(0, 300), { file: path });
  }
  const data = objectOf(one["data"]) ?? { [name]: one["data"] ?? null };
  return flatMetrics(data, path, isOneOfMany ? [name] : []);
}
