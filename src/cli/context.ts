import type { Clock } from "../base/clock.ts";
import type { TransferListener } from "../base/events.ts";
import type { Config } from "./config.ts";
import type { Paint } from "./render/paint.ts";

/** What every command gets from the terminal: nothing else in `cli/` below `main.ts` looks at `process`. */
export interface Context {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly config: Config;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Shows progress on stderr. */
  readonly onEvent: TransferListener;
  /** Writes one note to stderr, unless --quiet. */
  note(text: string): void;
  /** Reads all of stdin, for --password-stdin. */
  readStdin(): Promise<string>;
  /** Asks on the terminal; undefined where there is none, or under CI=true. */
  prompt(question: string, options: { hidden: boolean }): Promise<string | undefined>;
}

/** What a command hands back: data for stdout, and how the program ends. */
export interface Outcome<Result> {
  readonly result: Result;
  /** Default: done. */
  readonly exitCode?: number;
}

/** One command of the catalog: flags, work, and how the result reads. Loaded only when it is called. */
export interface CommandModule {
  define(parent: import("commander").Command, act: Act): void;
}

/** Runs a command's work and shows its result. */
export type Act = <Result>(
  render: (result: Result, paint: Paint) => string,
  run: (context: Context) => Promise<Outcome<Result>>,
) => Promise<void>;
