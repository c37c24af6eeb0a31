const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * `0s`, `90m`, `24h`, `90d`, `2w`: one whole number and one unit; at most 5 digits, so that no sum overflows a date.
 */
export const durationPattern = /^(?:0|[1-9][0-9]{0,4})[smhdw]$/;

/** Reads a duration that matches {@link durationPattern} as a number of milliseconds. */
export function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * (unitMs[text.slice(-1)] ?? Number.NaN);
}

/** Writes a span of time for people: its largest whole unit, such as `19d` or `3h`. */
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m"]) {
    const size = unitMs[unit] as number;
    if (ms >= size) return `${Math.floor(ms / size)}${unit}`;
  }
  return `${Math.max(0, Math.floor(ms / 1_000))}s`;
}
