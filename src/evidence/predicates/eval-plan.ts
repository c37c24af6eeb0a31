import { z } from "zod";
import { Decimal } from "../decimal.ts";
import { evalResultLimit } from "../limits.ts";
import {
  Comparator,
  type Eval,
  EvalDataset,
  EvalEnvironment,
  measurement,
  metricName,
  Seeds,
  suiteName,
} from "./eval.ts";
import { FileReference, Name, Timestamp } from "./resource.ts";

/** A number that will be measured and, unless a baseline decides, the threshold it must meet. */
export const PlannedMetric = z
  .strictObject({
    ...measurement,
    higherIsBetter: z.boolean(),
    comparator: Comparator.optional(),
    threshold: Decimal.optional(),
  })
  .refine(({ comparator, threshold }) => (comparator === undefined) === (threshold === undefined), {
    path: ["threshold"],
    message: "comparator and threshold go together",
  })
  .refine(({ comparator, higherIsBetter }) => comparator?.startsWith(">") !== !higherIsBetter, {
    path: ["comparator"],
    message: "the threshold points the other way than higherIsBetter",
  });
export type PlannedMetric = Readonly<z.infer<typeof PlannedMetric>>;

/** One suite of a plan. What is left out is left open; what is there must be so in the result. */
export const PlannedSuite = z.strictObject({
  ...suiteName,
  environment: EvalEnvironment.optional(),
  dataset: EvalDataset.optional(),
  harness: z.strictObject({ name: Name, version: Name.optional() }).optional(),
  seeds: Seeds.optional(),
  /** Samples that each planned metric is measured on. */
  n: z.int().min(1).optional(),
  metrics: z.array(PlannedMetric).min(1).max(evalResultLimit),
});
export type PlannedSuite = Readonly<z.infer<typeof PlannedSuite>>;

/**
 * What will be measured and what counts as passing, said before the run, `https://mreg.dev/eval-plan/v1`.
 *
 * It proves something only where its time is not its author's word: a gate compares the time of its signature with the
 * begin of the run. Strict, because gates decide by it.
 */
export const EvalPlan = z
  .strictObject({
    plannedAt: Timestamp,
    /** Who planned it, by their own word; trust follows from the signature alone. */
    planner: z.strictObject({ id: z.string().min(1) }).optional(),
    suites: z.array(PlannedSuite).min(1).max(1_000),
    evidence: z.array(FileReference),
  })
  .superRefine(({ suites }, context) => {
    const seen = new Set<string>();
    for (const { name, version, environment, metrics } of suites) {
      const suite = JSON.stringify([name, version, environment ?? null]);
      for (const key of [suite, ...metrics.map((metric) => `${suite} ${resultKey(metric)}`)]) {
        if (!seen.has(key)) seen.add(key);
        else context.addIssue({ code: "custom", path: ["suites"], message: `${key} is planned twice` });
      }
    }
  });
export type EvalPlan = Readonly<z.infer<typeof EvalPlan>>;

/**
 * Says how a result departs from its plan: one line per thing that was planned and is not so; none when it holds to it.
 *
 * Thresholds are not looked at (whether they are met is another question than whether the plan was followed), and
 * neither are times, which only a gate knows whom to ask for.
 */
export function planDepartures(plan: EvalPlan, result: Eval): readonly string[] {
  const { name, version } = result.suite;
  const planned = plan.suites.filter((suite) => suite.name === name && suite.version === version);
  const suite = planned.find(({ environment }) => environment === result.environment) ?? planned[0];
  if (!suite) return [`suite ${name}@${version} was not planned`];
  const departures = [
    ...differing("environment", suite.environment, result.environment),
    ...differing("data set", suite.dataset?.uri, result.dataset?.uri),
    ...differing("data set digest", entriesOf(suite.dataset?.digest), entriesOf(result.dataset?.digest)),
    ...differing("harness", suite.harness?.name, result.harness?.name),
    ...differing("harness version", suite.harness?.version, result.harness?.version),
  ];
  for (const [key, seed] of Object.entries(suite.seeds ?? {})) {
    departures.push(...differing(`seed ${key}`, seed, result.seeds?.[key]));
  }
  for (const metric of suite.metrics) departures.push(...metricDepartures(metric, suite, result));
  return departures;
}

function metricDepartures(metric: PlannedMetric, { n }: PlannedSuite, { results }: Eval): readonly string[] {
  const id = metricName(metric);
  const found = results.find((one) => resultKey(one) === resultKey(metric));
  if (!found) return [`${id} was planned and not measured`];
  return [
    ...differing(`direction of ${id}`, direction(metric.higherIsBetter), direction(found.higherIsBetter)),
    ...differing(`samples of ${id}`, n?.toString(), found.n?.toString()),
  ];
}

function differing(what: string, planned: string | undefined, found: string | undefined): readonly string[] {
  if (planned === undefined || planned === found) return [];
  return [`${what} is ${found ?? "not stated"}, planned was ${planned}`];
}

const resultKey = (result: Parameters<typeof metricName>[0] & { readonly slice?: string | undefined }) =>
  JSON.stringify([metricName(result), result.slice ?? null]);

const entriesOf = (digest: Readonly<Record<string, string>> | undefined) =>
  digest &&
  Object.entries(digest)
    .map(([algorithm, hex]) => `${algorithm}:${hex}`)
    .sort()
    .join(" ");

const direction = (isHigher: boolean) => (isHigher ? "higher is better" : "lower is better");
