import { isMregError } from "../base/errors.ts";
import { advice, systemAdvice } from "./diagnostics.ts";
import { exitCodeFor, isInterrupt } from "./exit-code.ts";
import { safe } from "./render/text.ts";

export interface ReportOptions {
  readonly format: string;
  readonly debug: boolean;
  readonly write: (text: string) => void;
}

/** Causes shown under --debug; a chain longer than this is a cycle. */
const causeLimit = 10;

/**
 * Tells the user about an error on stderr: what failed, received and expected, and what to do next.
 *
 * @returns the exit code.
 */
export function reportError(error: unknown, { format, debug, write }: ReportOptions): number {
  const exitCode = exitCodeFor(error);
  const code = isMregError(error) ? error.code : isInterrupt(error) ? "INTERRUPTED" : "UNEXPECTED";
  const message = error instanceof Error ? error.message : String(error);
  // A copy fails for the reason that the store at either end had, and that is what can be done something about.
  const cause = error instanceof Error && code === "COPY_FAILED" ? error.cause : undefined;
  const reason = isMregError(cause) ? cause.code : code;
  const hint = isInterrupt(error)
    ? "run the same command again: what is done already is kept"
    : adviceFor(error, reason);
  if (format === "json") {
    write(
      `${JSON.stringify({ kind: "error", schemaVersion: 1, code, message, ...(hint ? { advice: hint } : {}), exitCode })}\n`,
    );
    return exitCode;
  }
  write(`mreg: ${safe(message)} [${code}]\n`);
  if (hint) write(`  try: ${hint}\n`);
  if (debug) for (const line of causes(error)) write(`  ${safe(line)}\n`);
  return exitCode;
}

/** Errors of the system below have no code of ours, but some of them have an obvious remedy. */
function adviceFor(error: unknown, code: string): string | undefined {
  const { code: errno } = error as NodeJS.ErrnoException;
  return advice[code] ?? (typeof errno === "string" ? systemAdvice[errno] : undefined);
}

function* causes(error: unknown): Iterable<string> {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < causeLimit; depth++) {
    yield `${depth === 0 ? "at" : "caused by"}: ${at.stack ?? at.message}`;
    at = at.cause;
  }
}
