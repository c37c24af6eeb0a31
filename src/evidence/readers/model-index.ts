import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalFiles } from "./eval-files.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun, Measurement } from "./eval-run.ts";
import { objectAt, objectsOf, textOf } from "./json-fields.ts";
import type { JsonObject } from "./json-file.ts";
import { splitFrontMatter } from "./markdown.ts";
import { parseYamlObject } from "./yaml-file.ts";

/**
 * `model-index` in the front matter of a README on Hugging Face.
 *
 * The task is the data set with its configuration, as `model-index` itself sorts results by it. It has no times.
 *
 * @see {@link https://github.com/huggingface/hub-docs/blob/main/modelcard.md}
 */
export const modelIndex: EvalFormat = {
  name: "model-index",
  title: "a README.md with model-index in its front matter",
  detect: (file, { files }) => {
    const head = files.headOf(file);
    return head !== undefined && /^\uFEFF?---\s*\n/.test(head) && /^model-index:/m.test(head);
  },
  read: readModelIndex,
};

function readModelIndex(file: EvidenceFile, { files }: EvalContext): EvalRun {
  const models = objectsOf(frontMatter(file, files)["model-index"]);
  const results = models.flatMap((model) => objectsOf(model["results"]).flatMap(measurements));
  return { results, partial: false, suite: { name: "model-index", version: "unversioned" } };
}

function frontMatter(file: EvidenceFile, files: EvalFiles): JsonObject {
  const text = files.textOf(file);
  try {
    return parseYamlObject(splitFrontMatter(text).frontMatter ?? "", file.path);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new EvidenceError("EVIDENCE_INVALID", cause.message, { file: file.path, cause });
  }
}

function measurements(result: JsonObject): Measurement[] {
  const dataset = objectAt(result, "dataset");
  const [type, config, split] = ["type", "config", "split"].map((key) => textOf(dataset?.[key]));
  const revision = textOf(dataset?.["revision"]);
  const name = type ?? textOf(dataset?.["name"]) ?? textOf(objectAt(result, "task")?.["type"]);
  return objectsOf(result["metrics"]).map((metric) => ({
    ...(name === undefined ? {} : { task: config === undefined ? name : `${name}/${config}` }),
    metric: textOf(metric["type"]) ?? textOf(metric["name"]) ?? "unnamed",
    value: metric["value"],
    split,
    ...(type === undefined
      ? {}
      : {
          dataset: {
            uri: type.includes(" ") ? type : `hf://datasets/${type}`,
            ...(revision === undefined ? {} : { annotations: { revision } }),
          },
        }),
  }));
}
