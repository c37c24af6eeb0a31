import type { EvalDataset, EvalResult } from "../predicates/eval.ts";
import { metricName } from "../predicates/eval.ts";
import type { EvalStatement } from "./read-evals.ts";

/** Who stands to the model how, in the words of the schema. */
export type EvaluatorRelationship = "first_party" | "third_party" | "collaborative" | "other";

/** What an export says beside the numbers. */
export interface ExportedModel {
  /** Repository name. */
  readonly name: string;
  /** Pinned reference, so that whoever reads the numbers finds the weights they are about. */
  readonly reference: string;
  readonly now: Date;
  readonly relationship?: EvaluatorRelationship;
  /** Organisation that evaluated; default: whoever signed. */
  readonly organization?: string;
}

/**
 * Writes a verified evaluation in the schema of Every Eval Ever, 0.3.0, as JSON. Decimals keep their digits.
 *
 * Filters, slices and splits, which the schema does not know, are in `metric_config.additional_details`, where the
 * reader of this format finds them again.
 *
 * @see {@link https://github.com/evaleval/every_eval_ever}, `eval.schema.json`
 */
export function toEveryEvalEver({ digest, signer, result }: EvalStatement, model: ExportedModel): string {
  const retrieved = String(Math.floor(model.now.getTime() / 1000));
  const { suite, harness, evaluatedAt, environment, origin, partial } = result;
  const document = {
    schema_version: "0.3.0",
    evaluation_id: `${suite.name}/${model.name.replaceAll("/", "_")}/${retrieved}`,
    evaluation_timestamp: evaluatedAt,
    retrieved_timestamp: retrieved,
    source_metadata: {
      source_name: "mreg",
      source_type: "evaluation_run",
      source_organization_name: model.organization ?? result.evaluator?.id ?? signer,
      evaluator_relationship: model.relationship ?? "other",
      additional_details: {
        ...{ statement: digest, signer, environment, origin, partial: String(partial), suite_version: suite.version },
        ...(result.startedAt === undefined ? {} : { started_at: result.startedAt }),
        ...(result.finishedAt === undefined ? {} : { finished_at: result.finishedAt }),
        ...Object.fromEntries(Object.entries(result.seeds ?? {}).map(([name, seed]) => [`seed_${name}`, seed])),
      },
    },
    model_info: {
      name: model.name,
      id: model.name,
      additional_details: { deployment_type: "unknown", model_availability: "unknown", reference: model.reference },
    },
    eval_library: { name: harness?.name ?? "unknown", version: harness?.version ?? "unknown" },
    evaluation_results: result.results.map((one) => evaluationResult(one, one.dataset ?? result.dataset)),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function evaluationResult(result: EvalResult, dataset: EvalDataset | undefined) {
  const { task, metric, filter, slice, split, value, stderr, n, higherIsBetter } = result;
  const details = {
    ...(filter === undefined ? {} : { filter }),
    ...(slice === undefined ? {} : { slice }),
    ...(split === undefined ? {} : { split }),
  };
  const uncertainty = {
    ...(stderr === undefined ? {} : { standard_error: { value: exact(stderr) } }),
    ...(n === undefined ? {} : { num_samples: n }),
  };
  return {
    evaluation_result_id: slice === undefined ? metricName(result) : `${metricName(result)}[${slice}]`,
    evaluation_name: task,
    source_data: sourceData(task, dataset, split),
    metric_config: {
      metric_id: metric,
      lower_is_better: !higherIsBetter,
      ...(Object.keys(details).length > 0 ? { additional_details: details } : {}),
    },
    score_details: { score: exact(value), ...(Object.keys(uncertainty).length > 0 ? { uncertainty } : {}) },
  };
}

function sourceData(task: string, dataset: EvalDataset | undefined, split: string | undefined) {
  const uri = dataset?.uri ?? task;
  const digests = Object.entries(dataset?.digest ?? {}).map(([algorithm, hex]) => [algorithm, hex] as const);
  const details = digests.length > 0 ? { additional_details: Object.fromEntries(digests) } : {};
  if (uri.startsWith("hf://datasets/")) {
    const repository = uri.slice("hf://datasets/".length);
    const named = { dataset_name: repository, source_type: "hf_dataset", hf_repo: repository };
    return { ...named, ...(split === undefined ? {} : { hf_split: split }), ...details };
  }
  if (/^https?:/.test(uri)) return { dataset_name: uri, source_type: "url", url: [uri], ...details };
  return { dataset_name: uri, source_type: "other", ...details };
}

/** JSON.rawJSON (ES2026), which TypeScript lacks: a number with the very digits that were signed. */
const exact = (decimal: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(decimal);
