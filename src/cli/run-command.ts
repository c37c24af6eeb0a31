import { systemClock } from "../base/clock.ts";
import type { Context, Outcome } from "./context.ts";
import { UsageError } from "./errors.ts";
import type { Host } from "./host.ts";
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
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly run: (context: Context) => Promise<Outcome<Result>>;
  readonly render: (result: Result, paint: Paint) => string;
}

/** Gives a command its context, then writes its result to stdout and nothing else. */
export async function runCommand<Result>({ options, host, signal, run, render }: CommandRun<Result>): Promise<void> {
  const format = options.format ?? "text";
  if (format !== "text" && format !== "json")
    throw new UsageError(`--format is ${JSON.stringify(format)}, expected text or json`);
  const { env, stdout, stderr } = host;
  const colour = stdout.isTTY === true && !env["NO_COLOR"];
  const progress = new Progress({ stderr, isTerminal: canSpin(host), now: Date.now });
  try {
    const { result, exitCode } = await run(await createContext(options, { host, signal, progress }));
    progress.stop();
    await write(stdout, format === "json" ? JSON.stringify(result, undefined, 2) : render(result, createPaint(colour)));
    host.exitCode = exitCode ?? 0;
  } finally {
    progress.stop();
  }
}

/** A terminal of no width, as `script` and some CI systems make them, would have ora clear infinitely many lines. */
function canSpin({ env, stderr }: Host): boolean {
  return stderr.isTTY === true && (stderr.columns ?? 0) > 0 && env["CI"] !== "true";
}

interface ContextParts {
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function createContext(options: GlobalOptions, { host, signal, progress }: ContextParts): Promise<Context> {
  const { absoluteLocation, loadConfig } = await import("./config.ts");
  const { env, stderr } = host;
  const cwd = host.cwd();
  const config = await loadConfig(cwd);
  const registry = options.registry ?? env["MREG_REGISTRY"];
  const note = (text: string) => void stderr.write(`${text}\n`);
  return {
    cwd,
    env,
    config: registry ? { ...config, registry: absoluteLocation(registry, cwd) } : config,
    clock: systemClock,
    signal,
    onEvent: options.quiet ? () => {} : progress.listen,
    note: options.quiet ? () => {} : note,
    readStdin: async () => (await import("./terminal.ts")).readStdin(host.stdin),
    prompt: async (question, how) => (await import("./terminal.ts")).prompt(question, how, host, signal),
  };
}

/** Waits until stdout has taken the text, so that a pipe gets all of it; a closed pipe is the reader's choice. */
function write(stdout: Host["stdout"], text: string): Promise<void> {
  if (text === "") return Promise.resolve();
  return new Promise((done, fail) => {
    stdout.write(`${text}\n`, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") fail(error);
      else done();
    });
  });
}
