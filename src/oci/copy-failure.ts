import { CopyError, type CopyErrorFacts } from "./errors.ts";

/** What was being done, with what, and at which end. */
export type CopyStep = Omit<CopyErrorFacts, "cause">;

/** Runs one step of a copy; an error of it says which side failed at what. */
export async function onSide<T>(step: CopyStep, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw copyFailure(step, signal, cause);
  }
}

/** The error to throw for what went wrong in a step. An abort stays what it is, and so does what is marked already. */
export function copyFailure(step: CopyStep, signal: AbortSignal | undefined, cause: unknown): unknown {
  if (signal?.aborted) return signal.reason;
  return cause instanceof CopyError ? cause : new CopyError({ ...step, cause });
}
