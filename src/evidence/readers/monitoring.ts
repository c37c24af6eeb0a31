import type { JsonValue } from "../../base/json.ts";
import { EvidenceError } from "../errors.ts";
import { fileReference } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import { Comparator, meets } from "../predicates/eval.ts";
import { type Monitoring, type MonitoringMetric, monitoringStatus } from "../predicates/monitoring.ts";
import { decimalField } from "./decimal-field.ts";
import { readEvidently } from "./evidently.ts";
import type { EvidentlyReport } from "./evidently-report.ts";
import { type JsonObject, objectOf, textIn } from "./json-file.ts";
import { readObjectFile } from "./object-file.ts";
import { observedAt } from "./observed-at.ts";
import type { ReadFiles, Reading } from "./reading.ts";

const goodWords = new Set(["ok", "pass", "passed", "success", "true", "healthy"]);
const badWords = new Set(["breach", "breached", "fail", "failed", "error", "false", "alert"]);

/**
 * Reads a report of Evidently (0.4 to 0.7), or JSON or YAML in the shape of the predicate with `threshold` and
 * `comparator` beside each value.
 *
 * Whether a limit is breached is computed from value and threshold. A report that says otherwise is refused, with the
 * metric's name: one of the two is wrong, and nobody can tell which.
 *
 * @throws {@link EvidenceError} `EVIDENCE_INVALID`, `EVIDENCE_INCOMPLETE` without a time, `FORMAT_UNKNOWN`.
 */
export function readMonitoring(files: ReadFiles, input: Omit<EvidenceInput, "files">): Reading {
  const [file] = files;
  const value = readObjectFile(file);
  const evidently = readEvidently(value, file.path);
  const time = observedAt(value["observedAt"] ?? (evidently ? undefined : value["timestamp"]), {
    ...{ now: input.now, file: file.path, given: input.observedAt },
  });
  const report = evidently ? evidentlyPredicate(evidently) : plainPredicate(value, file.path);
  const status = monitoringStatus(report);
  return { predicate: { ...report, observedAt: time, status, evidence: files.map(fileReference) } };
}

type Numbers = Omit<Monitoring, "observedAt" | "status" | "evidence">;

function evidentlyPredicate({ version, metrics, failures }: EvidentlyReport): Numbers {
  const producer = { name: "evidently", ...(version === undefined ? {} : { version }) };
  return { producer, metrics: [...metrics], ...(failures.length > 0 ? { failures: [...failures] } : {}) };
}

function plainPredicate(value: JsonObject, file: string): Numbers {
  const {
    metrics: listed,
    producer = "unknown",
    status,
    passed,
    observedAt: _o,
    timestamp: _t,
    evidence: _e,
    ...rest
  } = value;
  if (!Array.isArray(listed)) {
    const keys = Object.keys(value).slice(0, 8).join(", ") || "none";
    const message = `its keys are ${keys}; expected metrics: [{ name, value, threshold, comparator }], or a report of Evidently`;
    throw new EvidenceError("FORMAT_UNKNOWN", message, { file });
  }
  const metrics = listed.map((item, index) => metricOf(item, `metrics[${index}]`, file));
  const numbers = {
    ...(withoutNulls(rest) as Omit<Numbers, "metrics" | "producer">),
    producer: (typeof producer === "string" ? { name: producer } : producer) as Monitoring["producer"],
    metrics,
  };
  refuseContradiction(
    claimOf({ ...(status === undefined ? {} : { status }), ...(passed === undefined ? {} : { passed }) }),
    numbers,
    file,
  );
  return numbers;
}

function metricOf(item: JsonValue, where: string, file: string): MonitoringMetric {
  const metric = objectOf(item);
  if (!metric)
    throw new EvidenceError("EVIDENCE_INVALID", `${where} is not a mapping, expected { name, value }`, { file });
  const { value, n, limit, threshold, comparator, severity, breached, passed, status, ...rest } = metric;
  const count = typeof n === "string" && /^[0-9]{1,15}$/.test(n) ? Number(n) : n;
  const plain = {
    ...(withoutNulls(rest) as Pick<MonitoringMetric, "name">),
    value: decimalField(value, `${where}.value`, file),
    ...(count === undefined || count === null ? {} : { n: count as number }),
  };
  const stated = objectOf(limit) ?? withoutNulls({ threshold, comparator, severity, breached, passed, status });
  return judged(plain, stated, { where, file });
}

/** Adds the limit, with the answer that value and threshold give. @throws when the report gives another one. */
function judged(
  metric: MonitoringMetric,
  stated: JsonObject,
  { where, file }: { readonly where: string; readonly file: string },
): MonitoringMetric {
  const claim = claimOf(stated);
  const name = typeof metric.name === "string" ? metric.name.slice(0, 100) : where;
  if (stated["threshold"] === undefined) {
    if (claim === undefined) return metric;
    const message = `${name} is said to have ${claim} without a threshold, expected threshold and comparator`;
    throw new EvidenceError("EVIDENCE_INCOMPLETE", message, { file, missing: [`${where}.threshold`] });
  }
  const rule = Comparator.safeParse(stated["comparator"]);
  if (!rule.success) {
    const message = `${name} has a threshold and no comparator, expected one of ${Comparator.options.join(" ")}`;
    throw new EvidenceError("EVIDENCE_INCOMPLETE", message, { file, missing: [`${where}.comparator`] });
  }
  const threshold = decimalField(stated["threshold"], `${where}.threshold`, file);
  const breached = !meets(metric.value, rule.data, threshold);
  if (claim !== undefined && (claim === "failed") !== breached) {
    const message = `${name} is said to have ${claim}, but its value is ${metric.value} and its limit ${rule.data} ${threshold}`;
    throw new EvidenceError("EVIDENCE_INVALID", message, { file });
  }
  const severity = stated["severity"] === "warn" ? "warn" : "breach";
  return { ...metric, limit: { comparator: rule.data, threshold, severity, breached } };
}

/** What a report says of itself besides its numbers; words that nobody knows are no claim. */
function claimOf({ breached, passed, status }: JsonObject): "passed" | "failed" | undefined {
  if (breached !== undefined && breached !== null) return isTrue(breached) ? "failed" : "passed";
  const word = (typeof passed === "boolean" ? String(passed) : textIn(passed ?? status)).toLowerCase();
  if (badWords.has(word)) return "failed";
  return goodWords.has(word) ? "passed" : undefined;
}

/** A report as a whole must not call itself fine, or broken, against its own numbers. */
function refuseContradiction(claim: "passed" | "failed" | undefined, numbers: Numbers, file: string): void {
  const status = monitoringStatus(numbers);
  if (claim === undefined) return;
  if (claim === "failed" ? status === "breach" : status === "ok" || status === "warn") return;
  const breached = numbers.metrics.filter(({ limit }) => limit?.breached).map(({ name }) => name);
  const why = breached.length > 0 ? ` (${breached.slice(0, 5).join(", ")})` : "";
  const message = `it says of itself that it ${claim}, but its metrics make it ${status}${why}`;
  throw new EvidenceError("EVIDENCE_INVALID", message, { file });
}

function isTrue(value: JsonValue): boolean {
  return value === true || value === "true";
}

/** Some writers put null for "not there". */
function withoutNulls(value: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  const entries = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
  return Object.fromEntries(entries) as JsonObject;
}
