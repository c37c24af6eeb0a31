import { randomBytes } from "node:crypto";
import { type Digest, digestAlgorithm, digestOf } from "../../../src/base/digest.ts";
import { isDigest } from "../../../src/oci/digest.ts";
import { errorReply, type Reply, reply } from "./reply.ts";
import type { Call, Handler, RouteName } from "./routes.ts";
import type { Upload } from "./state.ts";

export const uploadRoutes: Readonly<Partial<Record<RouteName, Handler>>> = {
  "upload.post": start,
  "upload.patch": append,
  "upload.put": finish,
  "upload.get": (call) =>
    call.options.uploads?.noStatus
      ? errorReply(400, "UNSUPPORTED")
      : withUpload(call, (upload) => accepted(call, upload, 204)),
  "upload.delete": (call) =>
    withUpload(call, (upload) => {
      call.state.open(call.name).uploads.delete(upload.id);
      return reply(204);
    }),
};

function start(call: Call): Reply {
  const repository = call.state.open(call.name);
  const mount = call.parameters.get("mount");
  if (mount && isDigest(mount) && !call.options.noMount && mounted(call, mount)) return created(call, mount);
  const digest = call.parameters.get("digest");
  if (digest !== null && !mount) return store(call, digest, call.body);
  const upload = { id: randomBytes(8).toString("hex"), parts: [], size: 0, patches: 0 };
  repository.uploads.set(upload.id, upload);
  const { chunkMinBytes: min, chunkMaxBytes: max } = call.options.uploads ?? {};
  const { status, headers } = accepted(call, upload, 202);
  return reply(status, {
    ...headers,
    ...(min === undefined ? {} : { "oci-chunk-min-length": String(min) }),
    ...(max === undefined ? {} : { "oci-chunk-max-length": String(max) }),
  });
}

/** Also without `from`, from any repository that has it: the specification calls that automatic. */
function mounted(call: Call, digest: Digest): boolean {
  const from = call.parameters.get("from");
  const sources = from === null ? [...call.state.repositories.values()] : [call.state.repositories.get(from)];
  const bytes = sources.map((source) => source?.blobs.get(digest)).find((found) => found !== undefined);
  if (bytes) call.state.open(call.name).blobs.set(digest, bytes);
  return bytes !== undefined;
}

function append(call: Call): Reply {
  const { noPatch, patchLimitBytes = Number.POSITIVE_INFINITY, losesLaterPatches } = call.options.uploads ?? {};
  if (noPatch) return errorReply(405, "UNSUPPORTED");
  if (call.body.byteLength > patchLimitBytes) return errorReply(416, "REQUESTED_RANGE_NOT_SATISFIABLE");
  return withUpload(call, (upload) => {
    if (losesLaterPatches && upload.patches > 0) return accepted(call, upload, 201);
    return take(call, upload) ?? accepted(call, upload, losesLaterPatches ? 201 : 202);
  });
}

function finish(call: Call): Reply {
  return withUpload(call, (upload) => {
    if (call.options.chunkOnly && upload.size === 0 && call.body.byteLength > 0) {
      return reply(413, { "content-type": "text/html", "oci-chunk-min-length": "1024" }, Buffer.from("<h1>413</h1>"));
    }
    const refused = take(call, upload);
    if (refused) return refused;
    const stored = store(call, call.parameters.get("digest") ?? "", Buffer.concat(upload.parts), upload.patches > 1);
    call.state.open(call.name).uploads.delete(upload.id);
    return stored;
  });
}

/** Takes a part in; the answer is the refusal of one that does not follow on. */
function take(call: Call, upload: Upload): Reply | undefined {
  const { chunkMinBytes = 0, chunkMaxBytes = Number.POSITIVE_INFINITY, keepsLastPatch } = call.options.uploads ?? {};
  const range = call.headers["content-range"];
  const size = call.body.byteLength;
  if (range !== undefined && !call.options.uploads?.takesAnyRange) {
    const match = /^(\d+)-(\d+)$/.exec(range);
    const isNext = match && Number(match[1]) === upload.size;
    const isWhole = match && Number(match[2]) - Number(match[1]) + 1 === size;
    if (!isNext || !isWhole) return { ...accepted(call, upload, 416) };
  }
  if (size === 0) return undefined;
  // Only the last may be short, so that whatever follows a short one is too late.
  const isAfterShort = (upload.parts.at(-1)?.byteLength ?? chunkMinBytes) < chunkMinBytes;
  if (size > chunkMaxBytes || isAfterShort) return errorReply(size > chunkMaxBytes ? 413 : 400, "SIZE_INVALID");
  if (keepsLastPatch) upload.parts.length = 0;
  upload.parts.push(call.body);
  upload.size += size;
  if (call.method === "PATCH") upload.patches += 1;
  return undefined;
}

/** What arrived of a body that broke off. */
export function cutUpload(call: Call): void {
  const cut = call.options.uploads?.cut ?? "forget";
  const upload = call.state.repositories.get(call.name)?.uploads.get(call.target);
  if (!upload || cut === "forget") return;
  if (cut === "destroy") call.state.open(call.name).uploads.delete(upload.id);
  else if (call.body.byteLength > 0) {
    upload.parts.push(call.body);
    upload.size += call.body.byteLength;
  }
}

function store(call: Call, digest: string, bytes: Uint8Array, isPatched = false): Reply {
  if (!isDigest(digest)) return errorReply(400, "DIGEST_INVALID");
  const isTrusted = call.options.noDigestCheck || (call.options.uploads?.keepsLastPatch && isPatched);
  const isRight = isTrusted || digestOf(bytes, digestAlgorithm(digest)) === digest;
  if (!isRight) return errorReply(400, "DIGEST_INVALID");
  call.state.open(call.name).blobs.set(digest, bytes);
  return created(call, digest);
}

function created(call: Call, digest: Digest): Reply {
  return reply(201, { location: `/v2/${call.name}/blobs/${digest}`, "docker-content-digest": digest });
}

function accepted(call: Call, upload: Upload, status: number): Reply {
  const { offV2, rangePrefix } = call.options.uploads ?? {};
  const directory = offV2 ? `/artifacts-uploads/${call.name}` : `/v2/${call.name}/blobs/uploads`;
  const location = `${directory}/${upload.id}?${stateAt(upload.size)}`;
  return reply(status, {
    location,
    range: rangePrefix ? `bytes=0-${upload.size - 1}` : `0-${Math.max(0, upload.size - 1)}`,
  });
}

/** Quotes, a tilde, an escaped space and slash: a client that re-encodes any of them has another state. */
function stateAt(size: number): string {
  return `_state=~'${size}'%20a%2Fb`;
}

function withUpload(call: Call, run: (upload: Upload) => Reply): Reply {
  const uploads = call.state.repositories.get(call.name)?.uploads;
  const upload = uploads?.get(call.target);
  if (!upload) return errorReply(404, "BLOB_UPLOAD_UNKNOWN");
  // An older state is fine here: what does not follow on is told by its Content-Range (416). A changed one is not.
  const size = /^_state=~'(\d+)'/.exec(call.query)?.[1] ?? "";
  const isOurs = call.query.startsWith(stateAt(Number(size))) && size !== "" && Number(size) <= upload.size;
  if (!isOurs) return errorReply(400, "BLOB_UPLOAD_INVALID", "the upload state was changed on its way");
  if (call.options.uploads?.staleIsFatal && Number(size) !== upload.size) {
    uploads?.delete(upload.id);
    return errorReply(404, "BLOB_UPLOAD_INVALID");
  }
  return run(upload);
}
