import { EvidenceError } from "../errors.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import type { EvalContext, EvalFormat } from "./eval-format.ts";
import type { EvalRun } from "./eval-run.ts";
import { flatMetrics, isNumbersOnly } from "./flat-metrics.ts";
import { objectOf } from "./json-file.ts";
import { knownDirection } from "./metric-direction.ts";

/**
 * Metrics files as DVC, scikit-learn scripts and many pipelines keep them: JSON or YAML with numbers and nothing else,
 * of which at least one is a metric that everybody knows.
 */
export const plainMetrics: EvalFormat = {
  name: "metrics",
  title: "JSON or YAML with metrics and numbers only, such as DVC's",
  detect: (file, { files, input }) => {
    const value = objectOf(files.valueOf(file));
    if (!value || !isNumbersOnly(value)) return false;
    const directions = input.eval?.directions ?? {};
    return leafKeys(file, { files, input }).some((key) => knownDirection(key) !== undefined || directions[key]);
  },
  read: readPlainMetrics,
};

function readPlainMetrics(file: EvidenceFile, { files }: EvalContext): EvalRun {
  const value = objectOf(files.valueOf(file));
  if (value) return { results: flatMetrics(value, file.path), partial: false };
  throw new EvidenceError("FORMAT_UNKNOWN", "it is no mapping, expected metric: number", { file: file.path });
}

function leafKeys(file: EvidenceFile, { files }: EvalContext): readonly string[] {
  const keys: string[] = [];
  const visit = (value: ReturnType<typeof objectOf>): void => {
    for (const [key, field] of Object.entries(value ?? {})) {
      const inner = objectOf(field);
      if (inner) visit(inner);
      else keys.push(key);
    }
  };
  visit(objectOf(files.valueOf(file)));
  return keys;
}
