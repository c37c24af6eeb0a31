import type { Comparator } from "../predicates/eval.ts";
import type { MonitoringMetric } from "../predicates/monitoring.ts";

/** What a report of Evidently says, with every limit judged anew. */
export interface EvidentlyReport {
  readonly version?: string;
  readonly metrics: readonly MonitoringMetric[];
  /** Names of tests that failed and whose numbers do not show it. */
  readonly failures: readonly string[];
}

/** What a value must hold against. */
export interface Limit {
  readonly comparator: Comparator;
  readonly threshold: string;
}
