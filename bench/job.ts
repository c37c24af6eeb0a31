import type { Bench } from "./bench.ts";
import type { Comparison } from "./compare.ts";
import type { Goal } from "./goals.ts";

/** A row of the benchmark. */
export interface Job {
  /** What `--job` takes, and the name of its page of notes in bench/notes/. */
  readonly name: string;
  readonly title: string;
  /** What is done and measured, and what the limits are; Markdown. */
  readonly about: string;
  readonly goals: readonly Goal[];
  /** Whether `--quick` without `--job` runs it. */
  readonly isQuick?: boolean;
  run(bench: Bench): Promise<Comparison>;
}
