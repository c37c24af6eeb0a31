import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegistryError, type RegistryErrorCode } from "./error.ts";
import { isRetryable, parseRetryAfter, RetryPolicy } from "./retry.ts";

const url = { origin: "https://r.example", path: "/" };
const clock = () => new Date("2026-11-20T12:00:00Z");

describe("parseRetryAfter", () => {
  it("reads seconds and HTTP dates", () => {
    expect(parseRetryAfter("7", clock)).toBe(7_000);
    expect(parseRetryAfter("Fri, 20 Nov 2026 12:00:30 GMT", clock)).toBe(30_000);
    expect(parseRetryAfter("Fri, 20 Nov 2026 11:00:00 GMT", clock)).toBe(0);
    for (const bad of [undefined, "", "soon", "-1", "99999999999"]) expect(parseRetryAfter(bad, clock)).toBeUndefined();
  });
});

describe("RetryPolicy", () => {
  it("doubles up to its ceiling and never waits longer than either limit", () => {
    const policy = new RetryPolicy({ minDelayMs: 100, maxDelayMs: 1_000, retryAfterLimitMs: 5_000 });
    fc.assert(
      fc.property(fc.nat(60), fc.option(fc.nat(1e9), { nil: undefined }), (attempt, retryAfterMs) => {
        const delay = policy.delayMs(attempt, retryAfterMs);
        const ceiling = Math.min(100 * 2 ** attempt, 1_000);
        if (retryAfterMs === undefined) expect(delay >= ceiling / 2 && delay <= ceiling).toBe(true);
        else expect(delay).toBe(Math.min(retryAfterMs, 5_000));
      }),
    );
  });

  it("tells the listener, and ends with the reason of an abort", async () => {
    const told: unknown[] = [];
    const policy = new RetryPolicy({ minDelayMs: 60_000 }, (event) => told.push(event));
    const stop = new AbortController();
    const waiting = policy.wait(
      0,
      new RegistryError("UNAVAILABLE", "x", { method: "GET", url, status: 503 }),
      stop.signal,
    );
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(told).toEqual([
      { type: "retry", subject: "GET https://r.example/", attempt: 1, reason: "UNAVAILABLE (503)" },
      { type: "wait", subject: "GET https://r.example/", cause: "backoff", waitMs: expect.any(Number) },
      { type: "resume", subject: "GET https://r.example/" },
    ]);
  });

  it("says when it is the registry that asks for the wait", async () => {
    const told: unknown[] = [];
    const policy = new RetryPolicy({}, (event) => told.push(event));
    await policy.wait(0, new RegistryError("RATE_LIMITED", "x", { method: "GET", url, status: 429, retryAfterMs: 3 }));
    expect(told).toContainEqual({ type: "wait", subject: "GET https://r.example/", cause: "registry", waitMs: 3 });
  });
});

describe("isRetryable", () => {
  const make = (code: RegistryErrorCode, extra = {}) => new RegistryError(code, "x", { method: "GET", url, ...extra });
  const refused = make("NETWORK", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) });

  for (const [what, error, method, hasAnswered, expected] of [
    ["a busy registry", make("UNAVAILABLE", { status: 503 }), "GET", false, true],
    ["a rate limit", make("RATE_LIMITED", { status: 429 }), "PUT", false, true],
    ["a stall", make("TIMEOUT"), "GET", false, true],
    ["a reset", make("NETWORK"), "GET", false, true],
    ["a bad certificate", make("NETWORK", { isTemporary: false }), "GET", true, false],
    ["wrong credentials", make("UNAUTHORIZED", { status: 401 }), "GET", true, false],
    ["a refused connection to somebody new", refused, "GET", false, false],
    ["a refused connection to somebody known", refused, "GET", true, true],
    ["a DELETE that somebody answered", make("UNAVAILABLE", { status: 503 }), "DELETE", true, true],
    ["a DELETE whose answer got lost", make("NETWORK"), "DELETE", true, false],
    ["anything else", new Error("bug"), "GET", true, false],
  ] as const) {
    it(`${what}: ${expected}`, () => expect(isRetryable(error, method, hasAnswered)).toBe(expected));
  }
});
