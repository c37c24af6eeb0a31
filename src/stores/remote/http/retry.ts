import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../../base/clock.ts";
import type { TransferListener } from "../../../base/events.ts";
import { RegistryError } from "./error.ts";
import { errorCode } from "./network-error.ts";

export interface RetryOptions {
  /** Further attempts after the first. Default 5, as in oras-go and regclient. */
  readonly retries?: number;
  /** Delay before the first of them, doubled each time. Default 250. */
  readonly minDelayMs?: number;
  /** Most that the doubling leads to. Default 8,000. */
  readonly maxDelayMs?: number;
  /** Most of a Retry-After that is honoured; a hostile registry would ask for a year. Default 60,000. */
  readonly retryAfterLimitMs?: number;
}

/** When to try again, and how long to wait before. */
export class RetryPolicy {
  readonly retries: number;
  readonly #minDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #retryAfterLimitMs: number;
  readonly #onEvent: TransferListener | undefined;

  constructor(options: RetryOptions = {}, onEvent?: TransferListener) {
    this.retries = options.retries ?? 5;
    this.#minDelayMs = options.minDelayMs ?? 250;
    this.#maxDelayMs = options.maxDelayMs ?? 8_000;
    this.#retryAfterLimitMs = options.retryAfterLimitMs ?? 60_000;
    this.#onEvent = onEvent;
  }

  /** Half fixed, half random, so that clients that failed together do not come back together. */
  delayMs(attempt: number, retryAfterMs?: number): number {
    if (retryAfterMs !== undefined) return Math.min(retryAfterMs, this.#retryAfterLimitMs);
    const ceiling = Math.min(this.#minDelayMs * 2 ** attempt, this.#maxDelayMs);
    return ceiling / 2 + Math.random() * (ceiling / 2);
  }

  /** Waits before the next attempt and tells the listener why. `attempt` counts from 0. */
  async wait(attempt: number, error: RegistryError, signal?: AbortSignal): Promise<void> {
    const subject = `${error.method} ${error.url}`;
    const reason = error.status === undefined ? error.code : `${error.code} (${error.status})`;
    this.#onEvent?.({ type: "retry", subject, attempt: attempt + 1, reason });
    const waitMs = this.delayMs(attempt, error.retryAfterMs);
    this.#onEvent?.({
      type: "wait",
      subject,
      cause: error.retryAfterMs === undefined ? "backoff" : "registry",
      waitMs,
    });
    try {
      await pause(waitMs, signal);
    } finally {
      this.#onEvent?.({ type: "resume", subject });
    }
  }
}

/** Sleeps, and ends with the signal's own reason when aborted. */
export async function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Tells whether trying again is worth it.
 *
 * @param hasAnswered - whether the other side ever answered; until then a refused connection is a wrong address.
 */
export function isRetryable(error: unknown, method: string, hasAnswered: boolean): error is RegistryError {
  if (!(error instanceof RegistryError) || !error.isTemporary) return false;
  // A DELETE whose answer got lost may have worked; its repetition would answer 404 for what this call removed.
  if (method === "DELETE" && error.status === undefined) return false;
  return hasAnswered || errorCode(error.cause) !== "ECONNREFUSED";
}

/** Reads Retry-After: seconds or an HTTP date. In milliseconds, never negative. */
export function parseRetryAfter(text: string | undefined, clock: Clock): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1_000;
  // Date.parse alone takes "-1" for a year.
  const date = /^\s*[A-Z][a-z]+,? .+ GMT\s*$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock().getTime());
}
