import { systemClock } from "../base/clock.ts";
import type { Context, Outcome } from "./context.ts";
import { UsageError } from "./errors.ts";
import { createPaint, type Paint } from "./render/paint.ts";
import { Progress } from "./render/progress.ts";

export interface GlobalOptions {
  readonly format?: string;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly registry?: string;
}

export interface CommandRun<Result> {
  readonly options: GlobalOptions;
  readonly signal: AbortSignal;
  readonly run: (context: Context) => Promise<Outcome<Result>>;
  readonly render: (result: Result, paint: Paint) => string;
}

/** Gives a command its context, then writes its result to stdout and nothing else. */
export async function runCommand<Result>({ options, signal, run, render }: CommandRun<Result>): Promise<void> {
  const format = options.format ?? "text";
  if (format !== "text" && format !== "json")
    throw new UsageError(`--format is ${JSON.stringify(format)}, expected text or json`);
  const colour = process.stdout.isTTY === true && !process.env["NO_COLOR"];
  const progress = new Progress({ stderr: process.stderr, isTerminal: canSpin(process.stderr), now: Date.now });
  try {
    const { result, exitCode } = await run(await createContext(options, signal, progress));
    progress.stop();
    await write(format === "json" ? JSON.stringify(result, undefined, 2) : render(result, createPaint(colour)));
    process.exitCode = exitCode ?? 0;
  } finally {
    progress.stop();
  }
}

/** A terminal of no width, as `script` and some CI systems make them, would have ora clear infinitely many lines. */
function canSpin(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.columns > 0 && process.env["CI"] !== "true";
}

async function createContext(options: GlobalOptions, signal: AbortSignal, progress: Progress): Promise<Context> {
  const { absoluteLocation, loadConfig } = await import("./config.ts");
  const cwd = process.cwd();
  const config = await loadConfig(cwd);
  const registry = options.registry ?? process.env["MREG_REGISTRY"];
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  return {
    cwd,
    env: process.env,
    config: registry ? { ...config, registry: absoluteLocation(registry, cwd) } : config,
    clock: systemClock,
    signal,
    onEvent: options.quiet ? () => {} : progress.listen,
    note: options.quiet ? () => {} : note,
    readStdin: async () => (await import("./terminal.ts")).readStdin(process.stdin),
    prompt: async (question, how) => (await import("./terminal.ts")).prompt(question, how, signal),
  };
}

/** Waits until stdout has taken the text, so that a pipe gets all of it; a closed pipe is the reader's choice. */
function write(text: string): Promise<void> {
  if (text === "") return Promise.resolve();
  return new Promise((done, fail) => {
    process.stdout.write(`${text}\n`, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") fail(error);
      else done();
    });
  });
}
