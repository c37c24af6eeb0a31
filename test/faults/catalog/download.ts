import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { digestOf } from "../../../src/base/digest.ts";
import { packManifest } from "../../../src/oci/index.ts";
import { type Answer, answer, closeAfter, drip } from "../../support/faults/index.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { modelName, weights } from "../model.ts";
import { always, pull, type TransferFault, times, use } from "../transfer.ts";
import { impatient } from "../world.ts";

const half = weights.byteLength / 2;
/** Takes over the answers to the GET of the blob. */
const onBlob = (make: (number: number) => Answer | undefined, remote: TransferFault["remote"] = {}) =>
  pull({ remote, front: ({ route, number }) => (route === "blob.get" ? make(number) : undefined) });

/** Sends the rest that Range asks for, but closes at half of the whole: nothing beyond it can be had. */
const onlyHalf: ReturnType<typeof closeAfter> = (request, response) => {
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const range = `bytes ${start}-${weights.byteLength - 1}/${weights.byteLength}`;
  const [status, headers] = start > 0 ? [206, { "content-range": range }] : [200, {}];
  closeAfter(Math.max(0, half - start), weights.subarray(start), status, headers)(request, response);
};

const cases: readonly FaultCase[] = [
  {
    id: "eof-half-once",
    title: "clean EOF at half, once, with Range supported",
    expected: "ok",
    how: "goes on with Range",
    requestsAtMost: 4,
    peers: {
      oras: "**fails at once**",
      regctl: "resumes, ok",
      crane: "fails at once",
      skopeo: "fails at once",
      ctr: "resumes, ok",
    },
    arrange: onBlob((number) => (number === 1 ? closeAfter(half, weights) : undefined)),
  },
  {
    id: "eof-half-no-range",
    title: "the same, and the retry is answered with 200 instead of 206",
    expected: "ok",
    how: "skips what it has",
    requestsAtMost: 4,
    peers: { oras: "fails", regctl: "fails (unexpected EOF)", crane: "fails", skopeo: "fails", ctr: "ok (skips)" },
    arrange: onBlob((number) => (number === 1 ? closeAfter(half, weights) : answer(200, {}, weights))),
  },
  {
    id: "eof-half-always",
    title: "EOF at half, every time",
    expected: "NETWORK",
    requestsAtMost: 20,
    peers: {
      oras: "fails, 1 GET",
      regctl: "fails, 5 GETs, 3.5 s",
      crane: "fails, 1 GET",
      skopeo: "fails, 1 GET",
      ctr: "fails, 27 GETs, 5.5 s",
    },
    arrange: onBlob(() => onlyHalf),
  },
  {
    id: "rst-half-once",
    title: "RST at half, once",
    expected: "ok",
    how: "goes on with Range",
    requestsAtMost: 4,
    peers: {
      oras: "fails, 1 GET",
      regctl: "fails, 1 GET",
      crane: "fails, 1 GET",
      skopeo: "fails, 1 GET",
      ctr: "fails, 1 GET",
    },
    arrange: pull({ faults: [times(1, "blob.get", { kind: "reset", afterBytes: half })] }),
  },
  {
    id: "rst-one-byte-always",
    title: "RST after one byte, every time",
    expected: "NETWORK",
    how: "a byte is no progress: as many attempts as without one",
    requestsAtMost: 12,
    arrange: pull({ faults: [always("blob.get", { kind: "reset", afterBytes: 1 })] }),
  },
  {
    id: "short-no-length",
    title: "short body without Content-Length",
    expected: "SIZE_MISMATCH",
    requestsAtMost: 3,
    peers: {
      oras: "fails (unexpected EOF)",
      regctl: "5 tries, then digest mismatch",
      crane: "fails (size)",
      skopeo: "fails",
      ctr: "fails (short read)",
    },
    arrange: pull({ faults: [always("blob.get", { kind: "truncate", bytes: half })] }),
  },
  {
    id: "bit-flip",
    title: "same length, one bit flipped",
    expected: "DIGEST_MISMATCH",
    requestsAtMost: 3,
    peers: {
      oras: "mismatched digest",
      regctl: "digest mismatch",
      crane: "sha256 mismatch",
      skopeo: "fails",
      ctr: "unexpected digest",
    },
    arrange: pull({ faults: [always("blob.get", { kind: "corrupt" })] }),
  },
  {
    id: "bit-flip-in-resume",
    title: "one bit flipped in what a resume brings",
    expected: "DIGEST_MISMATCH",
    requestsAtMost: 4,
    arrange: pull({
      faults: [times(1, "blob.get", { kind: "reset", afterBytes: half }), always("blob.get", { kind: "corrupt" })],
    }),
  },
  {
    id: "longer",
    title: "longer than the descriptor",
    expected: "TRAILING_DATA",
    requestsAtMost: 3,
    peers: {
      oras: "“trailing data”",
      regctl: "“read limit exceeded”",
      crane: "**ok** (stops at size)",
      skopeo: "fails",
      ctr: "fails",
    },
    arrange: onBlob(() => answer(200, {}, Buffer.concat([weights, Buffer.from("more")]))),
  },
  {
    id: "shorter",
    title: "shorter than the descriptor, with a Content-Length that says so",
    expected: "SIZE_MISMATCH",
    requestsAtMost: 3,
    arrange: onBlob(() => answer(200, {}, weights.subarray(1))),
  },
  {
    id: "gzip-blob",
    title: "a blob that a proxy compressed on its way (Content-Encoding)",
    expected: "SIZE_MISMATCH",
    how: "asks for identity, and hashes what comes, never what it inflates to",
    requestsAtMost: 3,
    arrange: onBlob(() => answer(200, { "content-encoding": "gzip" }, gzipSync(Buffer.alloc(200 * 1024)))),
  },
  {
    id: "stalled-body",
    title: "stalled body (no bytes), always",
    expected: "TIMEOUT",
    how: "an idle timer on every body; 60 s unless told otherwise",
    requestsAtMost: 12,
    peers: {
      oras: "**hangs ≥ 200 s**",
      regctl: "**hangs ≥ 200 s**",
      crane: "**hangs ≥ 200 s**",
      skopeo: "**hangs ≥ 200 s**",
    },
    arrange: pull({ remote: impatient, faults: [always("blob.get", { kind: "stall", afterBytes: 0 })] }),
  },
  {
    id: "stalled-body-once",
    title: "stall at half, once",
    expected: "ok",
    how: "goes on with Range",
    requestsAtMost: 12,
    arrange: pull({ remote: impatient, faults: [times(1, "blob.get", { kind: "stall", afterBytes: half })] }),
  },
  {
    id: "stalled-first-byte-once",
    title: "stall between the headers and the first byte, once",
    expected: "ok",
    requestsAtMost: 12,
    arrange: pull({ remote: impatient, faults: [times(1, "blob.get", { kind: "stall", afterBytes: 0 })] }),
  },
  {
    id: "rst-first-byte-once",
    title: "RST between the headers and the first byte, once",
    expected: "ok",
    requestsAtMost: 4,
    arrange: pull({ faults: [times(1, "blob.get", { kind: "reset", afterBytes: 0 })] }),
  },
  {
    id: "rst-half-then-500",
    title: "RST at half, then 500 forever",
    expected: "UNAVAILABLE",
    how: "six attempts for the rest, not six times six",
    requestsAtMost: 10,
    arrange: pull({
      faults: [
        times(1, "blob.get", { kind: "reset", afterBytes: half }),
        always("blob.get", { kind: "answer", status: 500 }),
      ],
    }),
  },
  {
    id: "slow-loris",
    title: "body at 20 B/s",
    expected: "TIMEOUT",
    how: "a body must bring 1 KiB/s over a stall's time",
    requestsAtMost: 20,
    arrange: onBlob(() => drip(weights, 50), impatient),
  },
  {
    id: "range-wrong-place",
    title: "a resume is answered with another Content-Range",
    expected: "BAD_RESPONSE",
    requestsAtMost: 4,
    arrange: pull({
      faults: [
        times(1, "blob.get", { kind: "reset", afterBytes: half }),
        always("blob.get", { kind: "headers", headers: { "content-range": `bytes 0-9/${weights.byteLength}` } }),
      ],
    }),
  },
  {
    id: "range-refused",
    title: "a resume is answered with 416",
    expected: "BAD_RESPONSE",
    requestsAtMost: 4,
    arrange: pull({
      faults: [
        times(1, "blob.get", { kind: "reset", afterBytes: half }),
        always("blob.get", { kind: "answer", status: 416 }),
      ],
    }),
  },
  {
    id: "range-at-exact-end",
    title: "RST after the last byte, and 416 to whoever asks for more",
    expected: "ok",
    how: "everything is there: asks for nothing more",
    requestsAtMost: 4,
    arrange: onBlob((number) =>
      number > 1
        ? answer(416)
        : (_request, response) => {
            // One byte more is declared than there is, so that the end is a broken connection.
            response.writeHead(200, { "content-length": String(weights.byteLength + 1) });
            response.write(weights, () => setTimeout(() => response.socket?.resetAndDestroy(), 20));
          },
    ),
  },
  {
    id: "html-200",
    title: "an HTML page with status 200 (captive portal)",
    expected: "BAD_RESPONSE",
    requestsAtMost: 3,
    arrange: onBlob(() => answer(200, { "content-type": "text/html" }, "<h1>Welcome to our Wi-Fi</h1>")),
  },
  {
    id: "html-error",
    title: "an HTML error page",
    expected: "DENIED",
    how: "shows its text in one line, without markup and control characters",
    requestsAtMost: 3,
    arrange: onBlob(() =>
      answer(403, { "content-type": "text/html" }, `<h1>Forbidden</h1>\x1b[31m${"x".repeat(100_000)}`),
    ),
  },
  {
    id: "error-body-stalls",
    title: "an error whose body stalls",
    expected: "UNAVAILABLE",
    requestsAtMost: 8,
    arrange: onBlob(
      () => (_request, response) => {
        response.writeHead(500, { "content-length": "1000" });
        response.write("{");
      },
      impatient,
    ),
  },
  {
    id: "head-size-lie",
    title: "HEAD of a blob gives another size than the descriptor",
    expected: "ok",
    how: "counts it as absent, so that a push sends it again",
    requestsAtMost: 1,
    arrange: use(
      { faults: [always("blob.head", { kind: "headers", headers: { "content-length": "5" } })] },
      async (registry, server) => {
        const [digest] = [...server.state.open(modelName).blobs.keys()];
        const target = { mediaType: "application/octet-stream", digest: digest!, size: weights.byteLength };
        assert.equal(await registry.repository(modelName).exists(target), false);
      },
    ),
  },
  {
    id: "foreign-layer",
    title: "a layer that is only to be had from the `urls` of its descriptor",
    expected: "NOT_FOUND",
    how: "addresses in a manifest are never asked",
    advisories: ["CVE-2020-15157"],
    requestsAtMost: 3,
    arrange: pull({
      prepare: async (world) => {
        const other = await world.front(undefined, () =>
          answer(401, { "www-authenticate": 'Basic realm="give it to me"' }),
        );
        world.afterwards(() => assert.equal(other.requests.length, 0, "requests to the stranger"));
        const annotations = { "org.opencontainers.image.title": "weights.bin" };
        const layer = {
          mediaType: "application/octet-stream",
          digest: digestOf(Buffer.from("x")),
          size: 1,
          annotations,
        };
        const manifest = packManifest({ artifactType: "a/b", layers: [{ ...layer, urls: [`${other.url}/weights`] }] });
        const headers = {
          "content-type": manifest.descriptor.mediaType,
          "docker-content-digest": manifest.descriptor.digest,
        };
        return {
          front: ({ route }) => (route?.startsWith("manifest.") ? answer(200, headers, manifest.raw) : undefined),
        };
      },
    }),
  },
];

export const download: FaultGroup = {
  title: "Download",
  about:
    "A blob of 256 KiB in a pull; a pull without faults takes 3 requests. After a failure there is no file under its name, and no staging directory.",
  cases,
};
