import { z } from "zod";
import { compareDecimals, Decimal } from "../decimal.ts";
import { decimalLimitCharacters, evalResultLimit } from "../limits.ts";
import { evalEnvironments } from "../predicate-words.ts";
import { ContentDigest, DigestSet } from "./digest-set.ts";
import { FileReference, Name, Timestamp } from "./resource.ts";

/** Where the model ran: on stored data, beside production without effect, or on part of the live traffic. */
export const EvalEnvironment = z.enum(evalEnvironments);
export type EvalEnvironment = z.infer<typeof EvalEnvironment>;

/** What names a number: a policy writes `task.metric`, or `task.metric,filter`. */
export const measurement = {
  task: Name,
  metric: Name,
  /** The harness's post-processing; absent stands for lm-evaluation-harness's `none`. */
  filter: Name.optional(),
  /** Part of the data that was measured alone; absent for all of it. */
  slice: Name.optional(),
};

/** Data that something was measured on. Without a digest it is a name, and names move. */
export const EvalDataset = z.strictObject({
  uri: z.string().min(1),
  digest: DigestSet.optional(),
  annotations: z.record(z.string(), z.json()).optional(),
});
export type EvalDataset = Readonly<z.infer<typeof EvalDataset>>;

/**
 * Seeds by what they seed (`random`, `numpy`, `torch`, `fewshot`): text, since some are longer than a double is exact.
 */
export const Seeds = z.record(Name, z.string().min(1).max(decimalLimitCharacters));

/** A suite at one version: results compare within it and nowhere else. */
export const suiteName = { name: Name, version: Name };

/** One number. `n` is a count of samples, `stderr` the standard error of `value`. */
export const EvalResult = z.strictObject({
  ...measurement,
  value: Decimal,
  stderr: Decimal.optional(),
  n: z.int().min(0).optional(),
  higherIsBetter: z.boolean(),
  /** The data set's own name for the part that was used, such as `test`. A label: names stay unique without it. */
  split: Name.optional(),
  /** Where it differs from result to result; otherwise the statement has one `dataset`. */
  dataset: EvalDataset.optional(),
});
export type EvalResult = Readonly<z.infer<typeof EvalResult>>;

export const Comparator = z.enum([">=", ">", "<=", "<"]);
export type Comparator = z.infer<typeof Comparator>;

/** A threshold that the evaluator says was met or not. Readers recompute it and refuse a contradiction. */
const EvalClaim = z.strictObject({
  metric: z.string().min(1),
  comparator: Comparator,
  threshold: Decimal,
  passed: z.boolean(),
});

/**
 * What an evaluation measured on one model, `https://mreg.dev/eval/v1`.
 *
 * Strict, because gates decide by it: an unknown key, two results under one name, or a claim that its own results
 * contradict is an error. The absence of an optional field is no claim.
 */
export const Eval = z
  .strictObject({
    /** Who ran it, by their own word; trust follows from the signature alone. */
    evaluator: z.strictObject({ id: z.string().min(1) }).optional(),
    evaluatedAt: Timestamp,
    /** Begin and end of the run, where the harness writes them. */
    startedAt: Timestamp.optional(),
    finishedAt: Timestamp.optional(),
    environment: EvalEnvironment,
    /** `executed` by the signer, or `imported` from a file that another program wrote. */
    origin: z.enum(["executed", "imported"]),
    suite: z.strictObject({
      ...suiteName,
      /** The signed eval-plan statement that this run carries out, by the digest of its manifest. */
      plan: z.strictObject({ digest: ContentDigest }).optional(),
    }),
    results: z.array(EvalResult).min(1).max(evalResultLimit),
    claims: z.array(EvalClaim).max(evalResultLimit),
    sampleSize: z.int().min(0).optional(),
    /** Fewer samples than the suite has. */
    partial: z.boolean(),
    dataset: EvalDataset.optional(),
    seeds: Seeds.optional(),
    baseline: z
      .strictObject({
        digest: ContentDigest,
        results: z.array(z.strictObject({ ...measurement, value: Decimal })).max(evalResultLimit),
      })
      .optional(),
    harness: z.strictObject({ name: Name, version: Name, digest: DigestSet.optional() }).optional(),
    assuranceLevel: z.string().optional(),
    evidence: z.array(FileReference),
  })
  .superRefine((value, context) => {
    for (const problem of contradictions(value.results, value.claims)) {
      context.addIssue({ code: "custom", path: [problem.at], message: problem.message });
    }
  });
export type Eval = Readonly<z.infer<typeof Eval>>;

/** How policies and claims name a result: `task.metric`, and `task.metric,filter` where a filter was at work. */
export function metricName(result: Pick<EvalResult, "task" | "metric" | "filter">): string {
  return `${result.task}.${result.metric}${result.filter === undefined ? "" : `,${result.filter}`}`;
}

/** Tells whether a value meets a threshold, in exact arithmetic. */
export function meets(value: Decimal, comparator: Comparator, threshold: Decimal): boolean {
  const order = compareDecimals(value, threshold);
  switch (comparator) {
    case ">=":
      return order >= 0;
    case ">":
      return order > 0;
    case "<=":
      return order <= 0;
    case "<":
      return order < 0;
  }
}

interface Contradiction {
  readonly at: "results" | "claims";
  readonly message: string;
}

function* contradictions(
  results: readonly EvalResult[],
  claims: readonly z.infer<typeof EvalClaim>[],
): Generator<Contradiction> {
  const seen = new Set<string>();
  const overall = new Map<string, EvalResult>();
  for (const result of results) {
    const name = metricName(result);
    const key = JSON.stringify([name, result.slice ?? null]);
    const where = result.slice === undefined ? "" : ` of slice ${result.slice}`;
    if (seen.has(key)) yield { at: "results", message: `${name}${where} is there twice, expected one result per name` };
    seen.add(key);
    if (result.slice === undefined) overall.set(name, result);
  }
  for (const claim of claims) {
    const result = overall.get(claim.metric);
    if (!result) {
      yield { at: "claims", message: `a claim about ${claim.metric}, which is not among the results` };
    } else if (meets(result.value, claim.comparator, claim.threshold) !== claim.passed) {
      const stated = `${claim.metric} ${claim.comparator} ${claim.threshold} is claimed to be ${claim.passed}`;
      yield { at: "claims", message: `${stated}, but the result is ${result.value}` };
    }
  }
}
