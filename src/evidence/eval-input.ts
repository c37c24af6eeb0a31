import type { Digest } from "../base/digest.ts";
import type { EvalDataset } from "./predicates/eval.ts";

/** Whether more of a metric is better, or that it is not to be taken as a result. */
export type MetricDirection = "higher" | "lower" | "ignore";

/** What the caller knows about an evaluation and its files do not say. It fills gaps; a contradiction is an error. */
export interface EvalInput {
  /** Name of the format, as `FORMAT_UNKNOWN` lists them; default: told by the content. */
  readonly format?: string;
  /** By metric, or by `task.metric`. */
  readonly directions?: Readonly<Record<string, MetricDirection>>;
  /**
   * Where the fields of a record stand in CSV, JSON or JSON lines that no tool defines: the name of a column, a dotted
   * path, or `=` and the value itself. `value:auc` is the value of the metric `auc`, for files with a column per
   * metric.
   */
  readonly map?: Readonly<Record<string, string>>;
  readonly dataset?: EvalDataset;
  readonly seeds?: Readonly<Record<string, string>>;
  /** Digest of the signed eval-plan statement that this run carries out. */
  readonly plan?: Digest;
}
