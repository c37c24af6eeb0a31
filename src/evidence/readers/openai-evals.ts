import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalFormat } from "./eval-format.ts";
import type { EvalRun, Measurement } from "./eval-run.ts";
import { isNumber, refuseNonFinite } from "./flat-metrics.ts";
import { foundTime, foundUtcTime } from "./found-time.ts";
import { objectAt, textOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";
import { firstJsonLine, jsonLines } from "./json-lines.ts";

/**
 * The record of a run of OpenAI's evals, and of what imitates it: JSON lines that begin with `spec`, end with
 * `final_report`, and have one event per line between.
 *
 * @see {@link https://github.com/openai/evals/blob/main/evals/record.py}
 */
export const openaiEvals: EvalFormat = {
  name: "openai-evals",
  title: "JSON lines of OpenAI's evals, with spec and final_report",
  detect: (file) => textOf(objectAt(firstJsonLine(file), "spec")?.["eval_name"]) !== undefined,
  read: (file) => readRecord(file),
};

function readRecord(file: EvidenceFile): EvalRun {
  const { spec, report, samples, last } = gather(file);
  if (!spec || !report) {
    const message = `it has no ${spec ? "final_report" : "spec"}: the run did not end`;
    throw new EvidenceError("EVIDENCE_INCOMPLETE", message, {
      file: file.path,
      missing: [spec ? "final_report" : "spec"],
    });
  }
  const name = textOf(spec["eval_name"]) ?? "unnamed";
  const task = textOf(spec["base_eval"]) ?? name;
  const config = objectOf(spec["run_config"]);
  const seed = textOf(config?.["seed"]);
  const startedAt = timeOf(spec["created_at"]);
  const finishedAt = timeOf(last);
  return {
    // <base>.<split>.<version>
    suite: { name: task, version: name.split(".").at(-1) ?? "unversioned" },
    results: measurements(report, { task, split: textOf(spec["split"]), n: samples || undefined, file: file.path }),
    partial: (config?.["max_samples"] ?? null) !== null,
    startedAt,
    ...(finishedAt && startedAt && finishedAt.time >= startedAt.time ? { finishedAt } : {}),
    ...(seed === undefined ? {} : { seeds: { run: seed } }),
    harness: { name: "openai-evals", version: "unknown" },
  };
}

function gather(file: EvidenceFile) {
  let [spec, report]: (JsonObject | undefined)[] = [];
  let last: string | undefined;
  const samples = new Set<string>();
  for (const line of jsonLines(file)) {
    const next = { spec: objectOf(line["spec"]), report: objectOf(line["final_report"]) };
    if ((next.spec && spec) || (next.report && report)) {
      const message = `it has ${next.spec ? "spec" : "final_report"} twice: the records of two runs`;
      throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
    }
    spec ??= next.spec;
    report ??= next.report;
    const id = textOf(line["sample_id"]);
    if (id !== undefined) samples.add(id);
    last = textOf(line["created_at"]) ?? last;
  }
  return { spec, report, last, samples: samples.size };
}

interface Measured {
  readonly task: string;
  readonly split: string | undefined;
  readonly n: number | undefined;
  readonly file: string;
}

function measurements(report: JsonObject, { file, ...common }: Measured): Measurement[] {
  // Its own misspelling, and the way it should be.
  const spread = ["boostrap_std", "bootstrap_std"].map((key) => report[key]).find(isNumber);
  return Object.entries(report).flatMap(([metric, value]) => {
    refuseNonFinite(value, metric, file);
    if (!isNumber(value)) return [];
    return [{ ...common, metric, value, stderr: metric === "accuracy" ? spread : undefined }];
  });
}

/** The recorder writes UTC and does not say so. */
const timeOf = (value: string | JsonObject[string] | undefined) => foundTime(value) ?? foundUtcTime(value);
