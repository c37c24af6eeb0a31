const prefixes = ["K", "M", "B", "T", "Q"] as const;

/**
 * Writes a number of parameters as ModelPack wants it: a count with at most one decimal, and a prefix.
 *
 * @returns `22.7M`, `8B`, `0.5K`.
 * @see {@link https://github.com/modelpack/model-spec/blob/v0.0.7/docs/config.md}
 */
export function formatParamSize(parameters: number): string {
  let count = parameters / 1000;
  for (const [index, prefix] of prefixes.entries()) {
    const rounded = Math.round(count * 10) / 10;
    // 999,960 thousand round to 1,000.0 and belong to the next prefix.
    if (rounded < 1000 || index === prefixes.length - 1) return `${rounded}${prefix}`;
    count /= 1000;
  }
  return String(parameters);
}
