import type { Comparator } from "../predicates/eval.ts";

/** Statistical tests by what their score must hold to show no drift; Evidently's own comparisons, 0.7.23. */
const comparators: readonly (readonly [pattern: RegExp, comparator: Comparator])[] = [
  [/^(?:ks|K-S p_value|cramer_von_mises|Cramer-von Mises p_value)$/i, ">"],
  [/^(?:energy_distance|ed|energy distance)$/i, "<="],
  [/^(?:psi|jensenshannon|kl_div|hellinger|wasserstein)$/i, "<"],
  [/^(?:PSI|Jensen-Shannon distance|Kullback-Leibler divergence|Hellinger distance)$/i, "<"],
  [/^Wasserstein distance(?: \(normed\))?$/i, "<"],
  [/^(?:chisquare|z|t_test|anderson|fisher_exact|g_test|mannw|es|TVD|empirical_mmd)$/i, ">="],
  [/^[\w .-]{1,60} p_value$/i, ">="],
];

/**
 * How a drift score compares with its threshold while there is no drift.
 *
 * @param method - Evidently's name of the statistical test, or the one that its descriptions use.
 * @returns undefined for one that is not known: whether more or less is worse cannot be told then.
 */
export function driftComparator(method: string | undefined): Comparator | undefined {
  if (method === undefined || method.length > 100) return undefined;
  return comparators.find(([pattern]) => pattern.test(method.trim()))?.[1];
}
