import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalFiles } from "./eval-files.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun, Measurement } from "./eval-run.ts";
import { requestTimes } from "./helm-requests.ts";
import { countOf, objectAt, objectsOf, textOf } from "./json-fields.ts";
import { type JsonObject, objectOf } from "./json-file.ts";
import { knownDirection } from "./metric-direction.ts";

/** Splits by how much they count; what is measured on another one than the first that is there becomes a slice. */
const splits = ["test", "valid", "train"];

/**
 * A run directory of HELM: `stats.json` with its `run_spec.json`, and `scenario_state.json` for the times.
 *
 * The statistics of the run itself (tokens, runtimes) are left out; perturbed inputs, parts of a split and further
 * splits are slices. `partial` follows from `max_eval_instances`, which HELM stops at.
 *
 * @see {@link https://crfm-helm.readthedocs.io/en/latest/get_helm_rank/} and `helm/benchmark/runner.py` for the files
 */
export const helm: EvalFormat = {
  name: "helm",
  title: "stats.json of HELM, with run_spec.json",
  detect: (file, { files }) => {
    const [first] = objectsOf(files.valueOf(file));
    return textOf(objectAt(first, "name")?.["name"]) !== undefined && first?.["sum_squared"] !== undefined;
  },
  read: readHelm,
};

function readHelm(file: EvidenceFile, { files, input }: EvalContext): EvalRun {
  const spec = findSpec(files);
  if (!spec) {
    const message = "HELM's run_spec.json is not among the files: attach the run directory, or both files";
    throw new EvidenceError("EVIDENCE_INCOMPLETE", message, { file: file.path, missing: ["run_spec.json"] });
  }
  const stats = objectsOf(files.valueOf(file)).map(statOf);
  const used = new Set(stats.map(({ split }) => split));
  const primary = splits.find((split) => used.has(split)) ?? stats.find(({ split }) => split !== undefined)?.split;
  const counts = new Map(
    stats
      .filter(({ metric, part }) => metric === "num_instances" && part === "")
      .map(({ split, value }) => [split, countOf(value)]),
  );
  const task = taskOf(spec, file);
  const results = stats
    .filter(({ metric, value }) => value !== undefined && isMeasure(metric, input.eval?.directions))
    .map(({ metric, split, part, value }): Measurement => {
      const slices = [...(split === primary ? [] : [`split=${split ?? "none"}`]), ...(part === "" ? [] : [part])];
      return {
        task,
        metric,
        split,
        slice: slices.length > 0 ? slices.join(",") : undefined,
        value,
        n: counts.get(split),
      };
    });
  const adapter = objectOf(spec["adapter_spec"]);
  const limit = countOf(adapter?.["max_eval_instances"]);
  const instances = [...counts.values()].reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return {
    suite: { name: task, version: `${textOf(adapter?.["max_train_instances"]) ?? "0"}shot` },
    results,
    // HELM takes a random part of what is there, and notes only how much it was allowed to take.
    partial: limit !== undefined && (instances === 0 || instances >= limit),
    harness: { name: "helm", version: "unknown" },
    ...requestTimes(files),
  };
}

interface Stat {
  readonly metric: string;
  readonly split: string | undefined;
  /** Perturbation and part of the split, in the form of a slice; empty for all of the unperturbed split. */
  readonly part: string;
  /** The mean; statistics without observations have none. */
  readonly value: string | undefined;
}

function statOf(stat: JsonObject): Stat {
  const name = objectOf(stat["name"]) ?? {};
  const perturbation = objectOf(name["perturbation"]);
  const parts = [
    ["sub_split", textOf(name["sub_split"])],
    ["perturbation", perturbation && (textOf(perturbation["name"]) ?? "unnamed")],
    ["computed_on", textOf(perturbation?.["computed_on"])],
  ];
  return {
    metric: textOf(name["name"]) ?? "unnamed",
    split: textOf(name["split"]),
    part: parts.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`])).join(","),
    value: textOf(stat["mean"]),
  };
}

/** HELM prints dozens of counts beside its measures, which are asked about only when nobody knows what they are. */
function isMeasure(metric: string, directions: Readonly<Record<string, string>> | undefined): boolean {
  return directions?.[metric] !== undefined || knownDirection(metric) !== "none";
}

function findSpec(files: EvalFiles): JsonObject | undefined {
  return files.all
    .map((file) => objectOf(files.valueOf(file)))
    .find((value) => objectAt(value, "scenario_spec") && objectAt(value, "adapter_spec"));
}

/** The name of the run without the model: `mmlu:subject=philosophy,method=multiple_choice_joint`. */
function taskOf(spec: JsonObject, { path }: EvidenceFile): string {
  const name = textOf(spec["name"]);
  if (name === undefined) throw new EvidenceError("EVIDENCE_INVALID", "its run_spec.json has no name", { file: path });
  const colon = name.indexOf(":");
  if (colon < 0) return name;
  const args = name
    .slice(colon + 1)
    .split(",")
    .filter((arg) => !/^(?:model|model_deployment)=/.test(arg));
  return args.length > 0 ? `${name.slice(0, colon)}:${args.join(",")}` : name.slice(0, colon);
}
