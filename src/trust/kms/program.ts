import { spawn } from "node:child_process";
import { SigningError } from "../errors.ts";
import { kmsReplyLimitBytes } from "../limits.ts";

export interface ProgramOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For stdin. */
  readonly input: Uint8Array;
  readonly stderr: "inherit" | "ignore";
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program without a shell and returns what it printed on stdout, whatever its exit code.
 *
 * @param name - looked for in the PATH of `env`.
 * @throws {@link SigningError} `SERVICE_UNAVAILABLE` when it cannot be started, prints too much or takes too long: it
 * is killed then.
 */
export async function runProgram(name: string, args: readonly string[], options: ProgramOptions): Promise<Uint8Array> {
  const { env, input, stderr, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(name, args, { env, shell: false, windowsHide: true, stdio: ["pipe", "pipe", stderr] });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (reason: unknown) => {
      child.kill("SIGKILL");
      // What the program started may hold the pipe open for ever.
      child.stdout.destroy();
      clearTimeout(timer);
      reject(reason);
    };
    const onAbort = () => stop(signal?.reason);
    const timer = setTimeout(
      () => stop(unavailable(`${name} was stopped: no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size <= kmsReplyLimitBytes) chunks.push(chunk);
      else stop(unavailable(`${name} was stopped: more than ${kmsReplyLimitBytes} bytes of output`));
    });
    // A program that does not read its input closes the pipe; its answer tells the rest.
    child.stdin.on("error", () => {});
    child.on("error", (cause) => stop(unavailable(`${name} cannot be started: ${cause.message}`, cause)));
    child.on("close", () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      resolve(Buffer.concat(chunks));
    });
    child.stdin.end(input);
  });
}

function unavailable(reason: string, cause?: unknown): SigningError {
  return new SigningError("SERVICE_UNAVAILABLE", reason, { cause });
}
