import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import { onTestFinished } from "vitest";

/** What `setTimeout` of node:timers/promises is called with: milliseconds, a value, a signal. */
export type Pause = (ms?: number, value?: unknown, options?: { readonly signal?: AbortSignal }) => Promise<unknown>;

/**
 * Has everybody who pauses by node:timers/promises pause in another way, until the test ends.
 *
 * Other than a mock of the module it is seen by modules that were loaded before, which files of tests share.
 */
export function replacePauses(pause: Pause): void {
  const original = timers.setTimeout;
  const set = (value: unknown) => {
    Object.assign(timers, { setTimeout: value });
    syncBuiltinESMExports();
  };
  set(pause);
  onTestFinished(() => set(original));
}
