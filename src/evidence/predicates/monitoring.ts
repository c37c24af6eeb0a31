import { z } from "zod";
import { Decimal } from "../decimal.ts";
import { monitoringMetricLimit } from "../limits.ts";
import { monitoringCategories } from "../predicate-words.ts";
import { ContentDigest } from "./digest-set.ts";
import { Comparator, meets } from "./eval.ts";
import { FileReference, Name, Timestamp } from "./resource.ts";

/** What a metric watches; a policy may ask for one of each. */
export const MonitoringCategory = z.enum(monitoringCategories);
export type MonitoringCategory = z.infer<typeof MonitoringCategory>;

/** One measured number. `n` is a count of samples. */
export const MonitoringMetric = z.strictObject({
  name: Name,
  value: Decimal,
  /** Part of the data that was measured alone; absent for all of it. */
  slice: Name.optional(),
  n: z.int().min(0).optional(),
  category: MonitoringCategory.optional(),
  /** What the value must hold against. Absent: the number was only watched. */
  limit: z
    .strictObject({
      comparator: Comparator,
      threshold: Decimal,
      /** `warn` where a breach is to be looked at and stops nothing. */
      severity: z.enum(["warn", "breach"]),
      /** Whether the value fails it; recomputed by every reader. */
      breached: z.boolean(),
    })
    .optional(),
});
export type MonitoringMetric = Readonly<z.infer<typeof MonitoringMetric>>;

/** `unjudged`: no number has a limit, so that nothing can be said. */
export const MonitoringStatus = z.enum(["ok", "warn", "breach", "unjudged"]);
export type MonitoringStatus = z.infer<typeof MonitoringStatus>;

/**
 * What was seen of one version in operation, `https://mreg.dev/monitoring/v1`.
 *
 * Strict, because gates decide by it. `breached` and `status` follow from the numbers: a statement in which they do not
 * is refused, so that no report passes on its own word.
 */
export const Monitoring = z
  .strictObject({
    /** When the report was made. */
    observedAt: Timestamp,
    /** The time that the numbers are about. */
    window: z.strictObject({ start: Timestamp, end: Timestamp }).optional(),
    deployment: z.strictObject({ uri: Name.optional(), environment: Name.optional() }).optional(),
    /** What was served meanwhile, where the monitor knows. */
    served: z.strictObject({ digest: ContentDigest }).optional(),
    producer: z.strictObject({ name: Name, version: Name.optional() }),
    metrics: z.array(MonitoringMetric).max(monitoringMetricLimit),
    /**
     * Checks that the monitor reports as failed without a number and a limit. Bad news is believed, good news is not.
     */
    failures: z.array(Name).max(monitoringMetricLimit).optional(),
    status: MonitoringStatus,
    evidence: z.array(FileReference),
  })
  .superRefine((value, context) => {
    for (const message of contradictions(value)) context.addIssue({ code: "custom", path: ["metrics"], message });
  });
export type Monitoring = Readonly<z.infer<typeof Monitoring>>;

/** The answer that follows from numbers and limits. */
export function monitoringStatus({
  metrics,
  failures = [],
}: Pick<Monitoring, "metrics" | "failures">): MonitoringStatus {
  const limits = metrics.flatMap(({ limit }) => (limit ? [limit] : []));
  const breached = limits.filter((limit) => limit.breached);
  if (failures.length > 0 || breached.some(({ severity }) => severity === "breach")) return "breach";
  if (breached.length > 0) return "warn";
  return limits.length > 0 ? "ok" : "unjudged";
}

function* contradictions(value: Pick<Monitoring, "metrics" | "failures" | "status" | "window">): Generator<string> {
  if (value.metrics.length === 0 && (value.failures ?? []).length === 0) yield "says nothing: no metric and no failure";
  if (value.window && Date.parse(value.window.end) < Date.parse(value.window.start))
    yield "window ends before it starts";
  const seen = new Set<string>();
  const values = new Map<string, string>();
  for (const { name, slice, value: found, limit } of value.metrics) {
    // One value may be held against several limits.
    const key = JSON.stringify([name, slice ?? null]);
    const limitKey = JSON.stringify([key, limit?.comparator ?? null, limit?.threshold ?? null]);
    if (seen.has(limitKey) || (values.get(key) ?? found) !== found) {
      yield `${name} is there twice, expected one value per name and slice`;
    }
    seen.add(limitKey);
    values.set(key, found);
    if (limit && meets(found, limit.comparator, limit.threshold) === limit.breached) {
      const said = limit.breached ? "breached" : "not breached";
      yield `${name} is said to be ${said}, but its value is ${found} and its limit ${limit.comparator} ${limit.threshold}`;
    }
  }
  const status = monitoringStatus(value);
  if (status !== value.status) yield `status is ${value.status}, but the metrics make it ${status}`;
}
