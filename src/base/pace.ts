/**
 * How long to wait for other writers, by the pace of what was just done: a machine that is slow for us is slow for
 * whoever read before our write and writes after it.
 *
 * @param startedMs - `performance.now()` of when that began.
 * @param bounds - `times`: how often it should fit into the pause; `limitMs`: most of a pause, however slow it was.
 * @returns milliseconds.
 */
export function paceMs(startedMs: number, bounds: { readonly times: number; readonly limitMs: number }): number {
  return Math.min(bounds.times * (performance.now() - startedMs), bounds.limitMs);
}
