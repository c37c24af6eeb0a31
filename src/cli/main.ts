import type { Host } from "./host.ts";
import { processHost } from "./process-host.ts";
import { packageVersion } from "./version.ts";

/**
 * Where the program begins: answers `--version` itself, as fast as Node starts, and leaves the rest to the program.
 *
 * A signal counts from here on, also one that comes while the program is still being loaded.
 *
 * @param argv - arguments after the program's name.
 */
export async function main(argv: readonly string[], host: Host = processHost()): Promise<void> {
  interpretSchemas();
  if (argv.length === 1 && argv[0] === "--version") {
    host.stdout.write(`${packageVersion()}\n`);
    return;
  }
  for (const stream of [host.stdout, host.stderr]) stream.on("error", allowClosedPipe);
  const interrupt = new AbortController();
  const onSignal = (signal: "SIGINT" | "SIGTERM") => {
    if (!interrupt.signal.aborted) return interrupt.abort(new DOMException("interrupted", "AbortError"));
    // Whoever asks twice does not want to wait.
    stopListening();
    host.kill(host.pid, signal);
  };
  const stopListening = () => {
    host.off("SIGINT", onSignal);
    host.off("SIGTERM", onSignal);
  };
  // Not `once`: the library behind the locks listens, too, and ends the process when nobody else does any more.
  host.on("SIGINT", onSignal);
  host.on("SIGTERM", onSignal);
  try {
    const { runProgram } = await import("./program.ts");
    await runProgram(argv, host, interrupt.signal);
  } finally {
    stopListening();
  }
}

/**
 * Has zod walk its schemas: compiling them takes longer than a policy is worth, which is read once. It is a switch for
 * the whole process, so the library leaves it alone; zod looks here when it is loaded, and `z.config()` would load it.
 */
function interpretSchemas(): void {
  const shared = globalThis as { __zod_globalConfig?: { jitless?: boolean } };
  shared.__zod_globalConfig ??= {};
  shared.__zod_globalConfig.jitless = true;
}

/** Whoever reads may have read enough, as `head` has; without a listener that would be an uncaught exception. */
function allowClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
