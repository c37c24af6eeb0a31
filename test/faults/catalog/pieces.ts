import type { Fault } from "../../support/registry/index.ts";
import type { UploadQuirks } from "../../support/registry/options.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { always, push } from "../transfer.ts";

const pieceBytes = 64 * 1024;

/** The second piece of the weights; the config goes in one request. */
const onSecondPiece = (action: Fault["action"]): Fault => ({ route: "upload.patch", action, skip: 1 });

const inPieces = (faults: readonly Fault[], uploads: UploadQuirks = {}) =>
  push({ registry: { auth: robotAuth, uploads }, remote: { chunkBytes: pieceBytes }, faults });

const quirk = (uploads: UploadQuirks) => inPieces([], uploads);
const robotAuth = { kind: "none" } as const;

const okay = (id: string, title: string, how: string, arrange: FaultCase["arrange"]): FaultCase => ({
  id,
  title,
  expected: "ok",
  how,
  requestsAtMost: 30,
  arrange,
});

const cases: readonly FaultCase[] = [
  okay(
    "pieces-lost-202",
    "the 202 of a PATCH is lost",
    "asks where the upload stands",
    inPieces([onSecondPiece({ kind: "lose answer" })]),
  ),
  okay(
    "pieces-lost-202-stale",
    "the same, and the old `_state` ends the session (distribution 2.8)",
    "starts over",
    inPieces([onSecondPiece({ kind: "lose answer" })], { staleIsFatal: true }),
  ),
  okay(
    "pieces-lost-202-no-status",
    "the same, and the upload cannot be asked for (crane's registry)",
    "starts over",
    inPieces([onSecondPiece({ kind: "lose answer" })], { noStatus: true }),
  ),
  okay(
    "pieces-cut-kept",
    "cut in the middle of a piece, and the server keeps what came (distribution 3)",
    "goes on from there",
    inPieces([onSecondPiece({ kind: "interrupt", afterBytes: pieceBytes / 2, outcome: "reset" })], { cut: "keep" }),
  ),
  okay(
    "pieces-cut-destroyed",
    "cut in the middle of a piece, and the session is gone (zot, distribution 2.8)",
    "starts over",
    inPieces([onSecondPiece({ kind: "interrupt", afterBytes: pieceBytes / 2, outcome: "reset" })], { cut: "destroy" }),
  ),
  okay(
    "pieces-vanished",
    "404 in the middle",
    "starts over",
    inPieces([onSecondPiece({ kind: "answer", status: 404 })]),
  ),
  okay(
    "pieces-416-range",
    "416 with a Range",
    "asks, and goes on where the registry stands",
    inPieces([onSecondPiece({ kind: "answer", status: 416, headers: { range: `0-${pieceBytes - 1}` } })]),
  ),
  okay("pieces-range-prefix", "Range with `bytes=` before it (Quay)", "reads both", quirk({ rangePrefix: true })),
  okay(
    "pieces-do-not-advance",
    "201 to every PATCH, and a Range that stands still (ECR drops all pieces but the first)",
    "sends the whole in one PUT",
    quirk({ losesLaterPatches: true }),
  ),
  okay(
    "pieces-last-only",
    "only the last piece is kept, and called success (Artifactory)",
    "looks for the blob, then sends the whole in one PUT",
    quirk({ keepsLastPatch: true }),
  ),
  okay("pieces-not-taken", "PATCH is not supported (GAR)", "sends the whole in one PUT", quirk({ noPatch: true })),
  okay(
    "pieces-after-413",
    "413 to bodies above 1 MiB (nginx as it comes), for a blob of 1.5 MiB",
    "sends smaller pieces",
    push({ registry: { auth: robotAuth, bodyLimitBytes: 1024 * 1024 }, modelBytes: 1.5 * 1024 * 1024 }),
  ),
  {
    id: "pieces-of-one-byte",
    title: "OCI-Chunk-Max-Length: 1",
    expected: "BAD_RESPONSE",
    how: "a blob of more than 10,000 pieces is refused before the first; the config of some 200 bytes goes byte by byte",
    requestsAtMost: 500,
    arrange: push({ faults: [always("upload.post", { kind: "headers", headers: { "oci-chunk-max-length": "1" } })] }),
  },
];

export const pieces: FaultGroup = {
  title: "Upload in pieces",
  about:
    "Blobs of 256 KiB in pieces of 64 KiB. mreg never sends a blob with the POST (`?digest=`), so the registries that answer that with 202 and drop the body are no trouble.",
  cases,
};
