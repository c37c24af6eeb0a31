import assert from "node:assert/strict";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { always, pull, times } from "../transfer.ts";

type Arrange = FaultCase["arrange"];

/** The answer that asks for patience, as distribution and Docker Hub give it. */
const tooMany = (headers: Record<string, string> = {}) => ({ kind: "answer", status: 429, headers }) as const;
const status = (code: number) =>
  ({ kind: "answer", status: code, headers: { "content-type": "text/html" }, body: "<h1>no</h1>" }) as const;

/** Fails when it is over sooner. */
function notBefore(ms: number, arrange: Arrange): Arrange {
  return async (world) => {
    const act = await arrange(world);
    return async () => {
      const start = performance.now();
      await act();
      assert.ok(performance.now() - start >= ms, `over before ${ms} ms`);
    };
  };
}

const once: readonly FaultCase[] = [408, 499, 500, 504, 522].map((code) => ({
  id: `status-${code}-once`,
  title: `${code} once`,
  expected: "ok",
  requestsAtMost: 4,
  arrange: pull({ faults: [times(1, "blob.get", status(code))] }),
}));

const forever: readonly FaultCase[] = [502, 503, 504].map((code) => ({
  id: `status-${code}-forever`,
  title: `${code} forever`,
  expected: "UNAVAILABLE",
  requestsAtMost: 8,
  arrange: pull({ faults: [always("blob.get", status(code))] }),
}));

const cases: readonly FaultCase[] = [
  {
    id: "429-seconds",
    title: "429 with Retry-After in seconds, twice",
    expected: "ok",
    how: "waits as long as it is asked to, 60 s at most",
    requestsAtMost: 5,
    peers: {
      oras: "ok, honoured",
      regctl: "ok, honoured",
      crane: "ok (own 1 s, 3 s)",
      skopeo: "ok, honoured",
      ctr: "ok, **ignores Retry-After**",
    },
    arrange: notBefore(1_900, pull({ faults: [times(2, "blob.get", tooMany({ "retry-after": "1" }))] })),
  },
  {
    id: "429-date",
    title: "429 with Retry-After as an HTTP date",
    expected: "ok",
    requestsAtMost: 4,
    arrange: notBefore(
      500,
      pull({
        prepare: async () => {
          const date = new Date(Date.now() + 2_000).toUTCString();
          return { faults: [times(1, "blob.get", tooMany({ "retry-after": date }))] };
        },
      }),
    ),
  },
  {
    id: "429-huge",
    title: "429 with Retry-After: a year",
    expected: "ok",
    how: "waits for the limit instead",
    requestsAtMost: 4,
    arrange: pull({
      remote: { retry: { minDelayMs: 1, maxDelayMs: 4, retryAfterLimitMs: 20 } },
      faults: [times(1, "blob.get", tooMany({ "retry-after": "31536000" }))],
    }),
  },
  {
    id: "429-absent",
    title: "429 without Retry-After (nginx), twice",
    expected: "ok",
    requestsAtMost: 5,
    arrange: pull({ faults: [times(2, "blob.get", tooMany())] }),
  },
  {
    id: "429-nonsense",
    title: "429 with a Retry-After that is neither",
    expected: "ok",
    requestsAtMost: 4,
    arrange: pull({ faults: [times(1, "blob.get", tooMany({ "retry-after": "-1, soon" }))] }),
  },
  {
    id: "429-forever",
    title: "429 forever",
    expected: "RATE_LIMITED",
    requestsAtMost: 8,
    peers: {
      oras: "6 requests, 5 s",
      regctl: "6 requests, 5 s",
      crane: "3 requests, 4 s",
      skopeo: "5 requests, 4 s",
      ctr: "6 requests, **0.1 s**",
    },
    arrange: pull({ faults: [always("blob.get", tooMany())] }),
  },
  {
    id: "503-twice",
    title: "503 twice, then ok",
    expected: "ok",
    requestsAtMost: 5,
    peers: {
      oras: "ok, 0.8 s",
      regctl: "**fails at once**",
      crane: "ok, 4.1 s",
      skopeo: "fails at once",
      ctr: "fails after 2",
    },
    arrange: pull({ faults: [times(2, "blob.get", status(503))] }),
  },
  {
    id: "502-twice",
    title: "502 twice, then ok",
    expected: "ok",
    requestsAtMost: 5,
    peers: { oras: "ok", regctl: "ok, 0.7 s", crane: "ok, 4.4 s", skopeo: "fails at once", ctr: "fails after 1" },
    arrange: pull({ faults: [times(2, "blob.get", status(502))] }),
  },
  {
    id: "500-forever",
    title: "500 forever",
    expected: "UNAVAILABLE",
    requestsAtMost: 8,
    peers: {
      oras: "6 requests, 6.8 s",
      regctl: "5 requests, 3 s",
      crane: "3 requests, 4.4 s",
      skopeo: "1 request",
      ctr: "2 requests",
    },
    arrange: pull({ faults: [always("blob.get", status(500))] }),
  },
  ...once,
  ...forever,
  {
    id: "501",
    title: "501",
    expected: "UNAVAILABLE",
    how: "not about the moment: not tried again",
    requestsAtMost: 3,
    arrange: pull({ faults: [always("blob.get", status(501))] }),
  },
  {
    id: "404-blob",
    title: "the manifest is there, its blob is not",
    expected: "NOT_FOUND",
    requestsAtMost: 3,
    arrange: pull({ faults: [always("blob.get", status(404))] }),
  },
];

export const statusCodes: FaultGroup = {
  title: "Status codes",
  about:
    "Answers to the GET of a blob. A request is tried six times in all, with 0.25 s to 8 s in between unless the registry says how long.",
  cases,
};
