import { appendFile } from "node:fs/promises";
import { digestOf } from "../../../src/base/digest.ts";
import type { FaultAction } from "../../support/registry/index.ts";
import type { UploadQuirks } from "../../support/registry/options.ts";
import type { FaultCase, FaultGroup } from "../fault-case.ts";
import { modelName } from "../model.ts";
import { aheadBytes, pushAhead, type TransferFault, times } from "../transfer.ts";

const half = aheadBytes / 2;
const none = { kind: "none" } as const;

/** Two blobs and a manifest with its two tags, a list of tags, and what a second way of sending takes. */
const requestsAtMost = 32;

const okay = (id: string, title: string, how: string, fault: TransferFault): FaultCase => ({
  id,
  title,
  expected: "ok",
  how,
  requestsAtMost,
  arrange: pushAhead({ registry: { auth: none }, ...fault }),
});

const onPatch = (action: FaultAction): TransferFault => ({ faults: [times(1, "upload.patch", action)] });
const cut = (uploads: UploadQuirks): TransferFault => ({
  registry: { auth: none, uploads },
  ...onPatch({ kind: "interrupt", afterBytes: half, outcome: "reset" }),
});

const cases: readonly FaultCase[] = [
  okay("ahead-patch-416", "a long PATCH is 416 (GHCR)", "one PUT when the digest is known, and no second try", {
    registry: { auth: none, uploads: { patchLimitBytes: 4 * 1024 * 1024 } },
  }),
  okay("ahead-patch-405", "PATCH is 405", "the same", { registry: { auth: none, uploads: { noPatch: true } } }),
  okay(
    "ahead-patch-413",
    "413 to a long PATCH",
    "one PUT, which the same proxy takes",
    onPatch({ kind: "answer", status: 413 }),
  ),
  okay("ahead-patch-429", "429 with Retry-After to the PATCH", "waits, then one PUT", {
    ...onPatch({ kind: "answer", status: 429, headers: { "retry-after": "1" } }),
  }),
  okay(
    "ahead-cut-kept",
    "cut in the middle, and the server keeps what came",
    "goes on from there",
    cut({ cut: "keep" }),
  ),
  okay("ahead-cut-destroyed", "cut in the middle, and the session is gone", "a new upload", cut({ cut: "destroy" })),
  okay("ahead-put-500", "500 to the PUT that names the digest", "the same PUT again", {
    faults: [{ ...times(1, "upload.put", { kind: "answer", status: 500 }), skip: 0 }],
  }),
  okay("ahead-present", "the blob is there already", "stops sending as soon as the digest says so", {
    before: (server) => {
      const bytes = Buffer.alloc(aheadBytes, "weights");
      server.state.open(modelName).blobs.set(digestOf(bytes), bytes);
    },
  }),
  {
    id: "ahead-file-changed",
    title: "the file grows while it is sent and hashed",
    expected: "SIZE_MISMATCH",
    how: "both reads notice; the upload is cancelled, the file named",
    requestsAtMost,
    arrange: pushAhead({ registry: { auth: none } }, (path) => appendFile(path, "!")),
  },
  {
    id: "ahead-denied",
    title: "403 to the POST",
    expected: "DENIED",
    how: "hashing ends with it",
    requestsAtMost,
    arrange: pushAhead({
      registry: { auth: none },
      faults: [times(9, "upload.post", { kind: "answer", status: 403 })],
    }),
  },
];

export const ahead: FaultGroup = {
  title: "Upload ahead of the digest",
  about: "A file of 16 MiB is sent in one PATCH while it is hashed, and closed by a PUT with its digest.",
  cases,
};
