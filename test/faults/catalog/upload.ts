import assert from "node:assert/strict";
import { answer } from "../../support/faults/index.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { weights } from "../model.ts";
import { always, onWeights, push, times } from "../transfer.ts";
import { impatient } from "../world.ts";

const half = weights.byteLength / 2;
const html413 = {
  kind: "answer",
  status: 413,
  headers: { "content-type": "text/html" },
  body: "<h1>413</h1>",
} as const;
/** HEAD, POST, PUT for each of two blobs, HEAD and PUT of the manifest. */
const clean = 8;
/**
 * A failed upload asks where it stands, cancels or resumes, asks for the blob, and starts again: so many more each
 * time.
 */
const again = 5;
/** Six attempts of the first blob. */
const forever = 4 + 6 * again;

const location = (value: string) => always("upload.post", { kind: "headers", headers: { location: value } });

const cut = (id: string, title: string, afterBytes: number): FaultCase => ({
  id,
  title,
  expected: "ok",
  requestsAtMost: clean + again,
  arrange: push({ faults: [onWeights({ kind: "interrupt", afterBytes, outcome: "reset" })] }),
});

const cases: readonly FaultCase[] = [
  {
    ...cut("push-reset-once", "PUT reset once, at half", half),
    how: "a new upload, the source read again",
    peers: { oras: "**fails** (not rewindable)", regctl: "falls back to chunked PATCH", crane: "ok, 1.1 s (restarts)" },
  },
  cut("push-cut-at-0", "cut at 0 %", 1),
  {
    id: "push-cut-before-201",
    title: "cut after the last byte, before the 201",
    expected: "ok",
    how: "HEAD says that the blob is there: not sent again",
    requestsAtMost: clean + 1,
    arrange: push({ faults: [onWeights({ kind: "lose answer" })] }),
  },
  {
    id: "push-lost-202",
    title: "the 202 of the POST is lost",
    expected: "ok",
    requestsAtMost: clean + 1,
    arrange: push({ faults: [times(1, "upload.post", { kind: "lose answer" })] }),
  },
  {
    id: "push-lost-manifest-201",
    title: "the 201 of the manifest is lost",
    expected: "ok",
    requestsAtMost: clean + 2,
    arrange: push({ faults: [times(1, "manifest.put", { kind: "lose answer" })] }),
  },
  {
    id: "push-session-vanished",
    title: "the session vanished (404), once",
    expected: "ok",
    requestsAtMost: clean + again,
    arrange: push({ faults: [onWeights({ kind: "answer", status: 404 })] }),
  },
  {
    id: "push-session-always-vanishes",
    title: "the session vanishes every time",
    expected: "NOT_FOUND",
    requestsAtMost: forever,
    arrange: push({ faults: [always("upload.put", { kind: "answer", status: 404 })] }),
  },
  {
    id: "push-416-once",
    title: "416 to the PUT, without Range, once",
    expected: "ok",
    requestsAtMost: clean + again,
    arrange: push({ faults: [onWeights({ kind: "answer", status: 416 })] }),
  },
  {
    id: "push-416-range-once",
    title: "416 to the PUT, with Range and Location (Quay), once",
    expected: "ok",
    requestsAtMost: clean + again,
    arrange: push({ faults: [onWeights({ kind: "answer", status: 416, headers: { range: "bytes=0-0" } })] }),
  },
  {
    id: "push-range-prefixed",
    title: "Range of an upload with a prefix (Quay: bytes=0--1)",
    expected: "ok",
    requestsAtMost: clean,
    arrange: push({ faults: [always("upload.post", { kind: "headers", headers: { range: "bytes=0--1" } })] }),
  },
  {
    id: "push-no-location",
    title: "202 without Location",
    expected: "BAD_RESPONSE",
    requestsAtMost: 2,
    arrange: push({ faults: [location("")] }),
  },
  {
    id: "push-location-other-host",
    title: "upload Location on another host",
    expected: "REDIRECT_REFUSED",
    advisories: ["GHSA-jxpm-75mh-9fp7", "ggcr#2292"],
    requestsAtMost: 2,
    peers: { oras: "refused", regctl: "**follows, no authorization**", crane: "**follows, no authorization**" },
    arrange: push({
      prepare: async (world) => {
        const other = await world.front(undefined, () => answer(201));
        world.afterwards(() => assert.equal(other.requests.length, 0, "requests to the other host"));
        return { faults: [location(`${other.url}/upload?_state=abc`)] };
      },
    }),
  },
  {
    id: "push-stalled-response",
    title: "stalled upload response, always",
    expected: "TIMEOUT",
    requestsAtMost: forever,
    peers: { oras: "**hangs ≥ 60 s**", regctl: "**hangs**", crane: "**hangs ≥ 60 s**" },
    arrange: push({
      remote: impatient,
      faults: [always("upload.put", { kind: "interrupt", afterBytes: 1, outcome: "stall" })],
    }),
  },
  {
    id: "push-stalled-response-once",
    title: "stalled upload response, once",
    expected: "ok",
    requestsAtMost: forever,
    arrange: push({ remote: impatient, faults: [onWeights({ kind: "interrupt", afterBytes: 1, outcome: "stall" })] }),
  },
  {
    id: "push-500-once",
    title: "500 to a PUT, once",
    expected: "ok",
    requestsAtMost: clean + again,
    peers: { oras: "fails", regctl: "ok, 0.5 s", crane: "ok, 1.1 s" },
    arrange: push({ faults: [onWeights({ kind: "answer", status: 500 })] }),
  },
  {
    id: "push-500-always",
    title: "500 to every PUT",
    expected: "UNAVAILABLE",
    requestsAtMost: forever,
    peers: { oras: "fails", regctl: "**≥ 45 s of PUT and PATCH**", crane: "fails, 4.3 s" },
    arrange: push({ faults: [always("upload.put", { kind: "answer", status: 500 })] }),
  },
  {
    id: "push-413-html",
    title: "413 with an HTML page, whatever is sent",
    expected: "BAD_RESPONSE",
    requestsAtMost: 12,
    peers: { oras: "fails at once", regctl: "**PATCH chunks, ≥ 45 s**", crane: "fails at once" },
    arrange: push({ faults: [always("upload.put", html413), always("upload.patch", html413)] }),
  },
  {
    id: "push-413-mid-body",
    title: "413 in the middle of the body, whatever is sent",
    expected: "BAD_RESPONSE",
    requestsAtMost: 14,
    arrange: push({
      faults: [
        onWeights({ kind: "interrupt", afterBytes: half, outcome: 413 }, Infinity),
        always("upload.patch", html413),
      ],
    }),
  },
  {
    id: "push-429-twice",
    title: "429 with Retry-After to a PUT, twice",
    expected: "ok",
    requestsAtMost: clean + 2 * again,
    peers: { oras: "**fails**", regctl: "ok, 4.1 s", crane: "ok" },
    arrange: push({ faults: [onWeights({ kind: "answer", status: 429, headers: { "retry-after": "1" } }, 2)] }),
  },
  {
    id: "push-early-hints",
    title: "103 Early Hints before each answer",
    expected: "ok",
    requestsAtMost: clean,
    arrange: push({
      front: () => (_request, response, passOn) => {
        response.writeEarlyHints({ link: "</x>; rel=preload" });
        passOn();
      },
    }),
  },
  {
    id: "push-100-continue",
    title: "100 Continue that nobody asked for, before each answer",
    expected: "ok",
    gap: "undici closes the connection at an unexpected 100 (RFC 9110 §15.2 wants it skipped); mreg never sends Expect, so no server has reason to",
    requestsAtMost: clean,
    arrange: push({
      front: () => (_request, response, passOn) => {
        response.writeContinue();
        passOn();
      },
    }),
  },
  {
    id: "push-other-digest",
    title: "201 for another digest",
    expected: "BAD_RESPONSE",
    requestsAtMost: 4,
    arrange: push({
      faults: [
        always("upload.put", { kind: "headers", headers: { "docker-content-digest": `sha256:${"0".repeat(64)}` } }),
      ],
    }),
  },
  {
    id: "push-manifest-500-once",
    title: "500 to the manifest, once",
    expected: "ok",
    requestsAtMost: clean + 1,
    arrange: push({ faults: [times(1, "manifest.put", { kind: "answer", status: 500 })] }),
  },
];

export const upload: FaultGroup = {
  title: "Upload",
  about:
    "A model of two blobs; a push without faults takes 8 requests. After a failure the registry has no manifest of it, and never a blob under another digest.",
  cases,
};
