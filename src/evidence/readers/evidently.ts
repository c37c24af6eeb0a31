import type { JsonValue } from "../../base/json.ts";
import { toDecimal } from "../decimal.ts";
import { type Comparator, meets } from "../predicates/eval.ts";
import type { MonitoringMetric } from "../predicates/monitoring.ts";
import { scoreField } from "./decimal-field.ts";
import { driftComparator } from "./evidently-drift.ts";
import { readLegacyEvidently } from "./evidently-legacy.ts";
import type { EvidentlyReport, Limit } from "./evidently-report.ts";
import { type JsonObject, objectOf, textIn } from "./json-file.ts";

const comparatorsByTest: Readonly<Record<string, Comparator>> = {
  LessThanMetricTest: "<",
  LessOrEqualMetricTest: "<=",
  GreaterThanMetricTest: ">",
  GreaterOrEqualMetricTest: ">=",
};

interface Measured {
  readonly id: string;
  readonly name: string;
  readonly config: JsonObject;
  /** By the part of the metric: its only value is `""`, those of a count are `count` and `share`. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Reads `snapshot.save_json` of Evidently 0.7, and reports and test suites of 0.4 to 0.6.
 *
 * A test that failed and whose numbers do not show it goes to `failures`; one that passed and whose numbers fail is
 * recorded as breached. A drift score is held against its threshold also where no test was asked for, as a warning.
 *
 * @param value - with numbers as text.
 * @returns undefined for any other JSON.
 */
export function readEvidently(value: JsonObject, file: string): EvidentlyReport | undefined {
  const { metrics, tests } = value;
  if (
    !(Array.isArray(metrics) && metrics.some((item) => objectOf(objectOf(item)?.["config"])?.["type"] !== undefined))
  ) {
    return readLegacyEvidently(value, file);
  }
  const measured = metrics.flatMap((item) => measuredOf(objectOf(item) ?? {}, file));
  const failures: string[] = [];
  const judged = (Array.isArray(tests) ? tests : []).flatMap((item) => judge(objectOf(item) ?? {}, measured, failures));
  const limited = new Set(judged.map(({ name }) => name));
  const rest = measured.flatMap((metric) => watched(metric, limited));
  return { metrics: [...judged, ...rest], failures: [...new Set(failures)] };
}

function measuredOf({ id, config, metric_name: full, value }: JsonObject, file: string): Measured[] {
  const parameters = objectOf(config);
  if (typeof id !== "string" || !parameters) return [];
  const type = textIn(parameters["type"]).split(":").at(-1) ?? "metric";
  const column = typeof parameters["column"] === "string" ? `.${parameters["column"]}` : "";
  const values = new Map<string, string>();
  if (typeof value === "string") values.set("", scoreField(value, textIn(full), file));
  for (const part of ["count", "share"]) {
    const number = objectOf(value)?.[part];
    if (typeof number === "string") values.set(part, scoreField(number, textIn(full), file));
  }
  return [{ id, name: `${type}${column}`.slice(0, 180), config: parameters, values }];
}

/** One test: its limit with the metric's value; nothing when there is no limit that could be computed again. */
function judge(test: JsonObject, measured: readonly Measured[], failures: string[]): MonitoringMetric[] {
  const bound = objectOf(test["bound_test"]) ?? {};
  const config = objectOf(bound["test"]) ?? objectOf(test["test_config"]) ?? {};
  const type = textIn(config["type"]).split(":").at(-1) ?? "";
  const metric = measured.find(({ id }) => id === bound["metric_fingerprint"] || id === idOf(test));
  const failed = ["FAIL", "ERROR", "WARNING"].includes(textIn(test["status"]));
  const severity = isTrue(config["is_critical"] ?? "true") ? "breach" : "warn";
  const part = metric && partOf(metric, bound);
  const value = part === undefined ? undefined : metric?.values.get(part);
  const limit = type === "ValueDriftTest" ? metric && driftLimit(metric, test) : plainLimit(type, config);
  const name = (textIn(test["name"] ?? test["id"]) || "test").replace(/\p{Cc}/gu, " ").slice(0, 200);
  if (!(metric && limit && value !== undefined)) {
    if (failed) failures.push(name);
    return [];
  }
  const breached = !meets(value, limit.comparator, limit.threshold);
  if (failed && !breached) failures.push(name);
  return [metricOf(metric, part ?? "", { ...limit, severity, breached })];
}

function plainLimit(type: string, config: JsonObject): Limit | undefined {
  const comparator = comparatorsByTest[type];
  const threshold = numberOf(config["threshold"]);
  return comparator && threshold !== undefined ? { comparator, threshold } : undefined;
}

function driftLimit({ config }: Measured, test?: JsonObject): Limit | undefined {
  const described = /detection method is ([^.]{1,60})\./.exec(textIn(test?.["description"]))?.[1];
  const comparator = driftComparator(typeof config["method"] === "string" ? config["method"] : described);
  const threshold = numberOf(config["threshold"]);
  return comparator && threshold !== undefined ? { comparator, threshold } : undefined;
}

/** What no test was about: drift with its threshold as a warning, everything else as a number alone. */
function watched(metric: Measured, limited: ReadonlySet<string>): MonitoringMetric[] {
  return [...metric.values].flatMap(([part, value]) => {
    const plain = metricOf(metric, part, undefined);
    if (limited.has(plain.name)) return [];
    const limit = textIn(metric.config["type"]).endsWith(":ValueDrift") ? driftLimit(metric) : undefined;
    if (!limit) return [plain];
    const breached = !meets(value, limit.comparator, limit.threshold);
    return [metricOf(metric, part, { ...limit, severity: "warn", breached })];
  });
}

function metricOf(
  { name, values, config }: Measured,
  part: string,
  limit: MonitoringMetric["limit"],
): MonitoringMetric {
  const type = textIn(config["type"]);
  const category = /Drift/.test(type)
    ? "drift"
    : /Missing|Value(?:Count)?|Row|Duplicate/.test(type)
      ? "data-quality"
      : undefined;
  return {
    name: part === "" ? name : `${name}.${part}`,
    value: values.get(part) ?? "0",
    ...(category ? { category } : {}),
    ...(limit ? { limit } : {}),
  };
}

function partOf({ values }: Measured, bound: JsonObject): string | undefined {
  if (values.has("")) return "";
  if (bound["is_count"] === undefined) return undefined;
  return isTrue(bound["is_count"]) ? "count" : "share";
}

function idOf(test: JsonObject): JsonValue | undefined {
  return objectOf(test["metric_config"])?.["metric_id"];
}

function isTrue(value: JsonValue | undefined): boolean {
  return value === true || value === "true";
}

/** A plain number; thresholds of other kinds (approximations, shares of a reference) are not computed again. */
function numberOf(value: JsonValue | undefined): string | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return toDecimal(value);
  } catch {
    return undefined;
  }
}
