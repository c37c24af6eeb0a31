import { stringify } from "yaml";
import { type EvalResult, metricName } from "../predicates/eval.ts";
import type { ExportedModel } from "./every-eval-ever.ts";
import type { EvalStatement } from "./read-evals.ts";

/**
 * Writes verified evaluations as the `model-index` of a model card on Hugging Face, as YAML to be put into front
 * matter.
 *
 * Only results over all of the data: `model-index` has no slices. Its values are numbers of the reader's language, so
 * digits beyond those of a double are lost.
 *
 * @param taskType - of Hugging Face's list of tasks, such as `text-classification`.
 * @see {@link https://github.com/huggingface/hub-docs/blob/main/modelcard.md}
 */
export function toModelIndex(statements: readonly EvalStatement[], model: ExportedModel, taskType = "other"): string {
  const results = statements.flatMap((statement) => {
    const overall = statement.result.results.filter(({ slice }) => slice === undefined);
    return [...Map.groupBy(overall, ({ task }) => task)].map(([task, rows]) => ({
      task: { type: taskType },
      dataset: datasetOf(task, rows, statement),
      metrics: rows.map((row) => ({ type: row.metric, value: Number(row.value), name: metricName(row) })),
      source: { name: `mreg ${statement.result.suite.name}@${statement.result.suite.version}`, url: model.reference },
    }));
  });
  const name = model.name.slice(model.name.lastIndexOf("/") + 1);
  return stringify({ "model-index": [{ name, results }] }, { lineWidth: 0, aliasDuplicateObjects: false });
}

function datasetOf(task: string, [row]: readonly EvalResult[], { result }: EvalStatement) {
  const dataset = row?.dataset ?? result.dataset;
  const uri = dataset?.uri ?? task;
  const prefix = "hf://datasets/";
  const { name, revision } = dataset?.annotations ?? {};
  return {
    type: uri.startsWith(prefix) ? uri.slice(prefix.length) : uri,
    name: task,
    ...(typeof name === "string" ? { config: name } : {}),
    ...(row?.split === undefined ? {} : { split: row.split }),
    ...(typeof revision === "string" ? { revision } : {}),
  };
}
