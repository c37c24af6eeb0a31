import type { JsonValue } from "../../base/json.ts";
import { toDecimal } from "../decimal.ts";
import { type Comparator, meets } from "../predicates/eval.ts";
import type { MonitoringMetric } from "../predicates/monitoring.ts";
import { scoreField } from "./decimal-field.ts";
import { driftComparator } from "./evidently-drift.ts";
import type { EvidentlyReport, Limit } from "./evidently-report.ts";
import { type JsonObject, objectOf, textIn } from "./json-file.ts";

const comparators: Readonly<Record<string, Comparator>> = { lt: "<", lte: "<=", gt: ">", gte: ">=" };

/**
 * Reads `save_json` of Evidently 0.4 to 0.6: a test suite (`tests` and `summary`), or a report of `metrics` of which
 * the drift of columns is taken.
 *
 * @param value - with numbers as text.
 * @returns undefined for any other JSON.
 */
export function readLegacyEvidently(value: JsonObject, file: string): EvidentlyReport | undefined {
  const { version, tests, metrics, summary } = value;
  const about = typeof version === "string" ? { version: version.slice(0, 50) } : {};
  if (Array.isArray(tests) && objectOf(summary)?.["by_status"] !== undefined) {
    const failures: string[] = [];
    const judged = tests.flatMap((item) => judge(objectOf(item) ?? {}, failures, file));
    return { ...about, metrics: numbered(judged), failures: [...new Set(failures)] };
  }
  const isReport = Array.isArray(metrics) && metrics.some((item) => objectOf(item)?.["metric"] !== undefined);
  if (!(isReport && version !== undefined)) return undefined;
  return { ...about, metrics: numbered(metrics.flatMap((item) => driftOf(objectOf(item) ?? {}, file))), failures: [] };
}

function judge(test: JsonObject, failures: string[], file: string): MonitoringMetric[] {
  const parameters = objectOf(test["parameters"]) ?? {};
  const name = textOf(test["name"]) ?? "test";
  const column = textOf(parameters["column_name"]);
  const failed = ["FAIL", "ERROR", "WARNING"].includes(textIn(test["status"]));
  const severity = test["status"] === "WARNING" ? "warn" : "breach";
  const value = parameters["value"] ?? parameters["score"];
  const limits = limitsOf(parameters);
  if (typeof value !== "string" || limits.length === 0) {
    if (failed) failures.push(name);
    return [];
  }
  const number = scoreField(value, name, file);
  const judged = limits.map(
    (limit) => ({ ...limit, severity, breached: !meets(number, limit.comparator, limit.threshold) }) as const,
  );
  if (failed && !judged.some(({ breached }) => breached)) failures.push(name);
  return judged.map((limit) => ({ name: column === undefined ? name : `${name}.${column}`, value: number, limit }));
}

function limitsOf(parameters: JsonObject): Limit[] {
  const drift = textOf(parameters["stattest"]);
  if (drift !== undefined) return limitOf(driftComparator(drift), parameters["threshold"]);
  const condition = Object.entries(objectOf(parameters["condition"]) ?? {});
  const limits = condition.map(([key, threshold]) => limitOf(comparators[key], threshold));
  // Of a condition that is only partly understood, the understood part would pass for the whole.
  return limits.some((limit) => limit.length === 0) ? [] : limits.flat();
}

function limitOf(comparator: Comparator | undefined, threshold: JsonValue | undefined): Limit[] {
  if (!comparator || typeof threshold !== "string") return [];
  try {
    return [{ comparator, threshold: toDecimal(threshold) }];
  } catch {
    return [];
  }
}

function driftOf(metric: JsonObject, file: string): MonitoringMetric[] {
  const result = objectOf(metric["result"]) ?? {};
  const share = result["share_of_drifted_columns"];
  if (metric["metric"] === "DatasetDriftMetric" && typeof share === "string") {
    const value = scoreField(share, "share_of_drifted_columns", file);
    const [limit] = limitOf("<", result["drift_share"]);
    const breached = limit && !meets(value, limit.comparator, limit.threshold);
    return [
      {
        name: "share_of_drifted_columns",
        value,
        category: "drift",
        ...(limit ? { limit: { ...limit, severity: "breach", breached: breached === true } } : {}),
      },
    ];
  }
  return Object.entries(objectOf(result["drift_by_columns"]) ?? {}).flatMap(([column, found]) => {
    const { drift_score: score, stattest_name: method, stattest_threshold: threshold } = objectOf(found) ?? {};
    if (typeof score !== "string") return [];
    const value = scoreField(score, `drift of ${column}`, file);
    const [limit] = limitOf(driftComparator(textOf(method)), threshold);
    const breached = limit && !meets(value, limit.comparator, limit.threshold);
    return [
      {
        name: `drift.${column}`,
        value,
        category: "drift" as const,
        ...(limit ? { limit: { ...limit, severity: "warn" as const, breached: breached === true } } : {}),
      },
    ];
  });
}

/** Two tests of one name about different things would be two values under one name. */
function numbered(metrics: readonly MonitoringMetric[]): MonitoringMetric[] {
  const seen = new Map<string, string>();
  return metrics.map((metric, index) => {
    const clean = metric.name.replace(/\p{Cc}/gu, " ").slice(0, 190);
    const isTaken = (seen.get(clean) ?? metric.value) !== metric.value;
    const name = isTaken ? `${clean} (${index + 1})` : clean;
    seen.set(name, metric.value);
    return { ...metric, name };
  });
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
