/** Middle of the sorted values; the mean of the two middle ones when their number is even. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[half - 1], sorted[half]];
  if (high === undefined) return Number.NaN;
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2;
}

/** How two series that ran in alternation compare: each round with itself. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Rounds in which both ran. */
  readonly count: number;
}

/** `of` over `to`, round by round: below 1, the first was faster. Undefined when there is no round of both. */
export function ratio(of: readonly number[], to: readonly number[]): Ratio | undefined {
  const count = Math.min(of.length, to.length);
  const ratios = Array.from({ length: count }, (_, round) => (of[round] ?? Number.NaN) / (to[round] ?? Number.NaN));
  if (count === 0) return undefined;
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios), count };
}
