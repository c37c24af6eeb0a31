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
  "upload.get": (call) => withUpload(call, (upload) => accepted(call, upload, 204)),
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
  const upload = { id: randomBytes(8).toString("hex"), parts: [], size: 0 };
  repository.uploads.set(upload.id, upload);
  return accepted(call, upload, 202);
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
  return withUpload(call, (upload) => take(call, upload) ?? accepted(call, upload, 202));
}

function finish(call: Call): Reply {
  return withUpload(call, (upload) => {
    if (call.options.chunkOnly && upload.size === 0 && call.body.byteLength > 0) {
      return reply(413, { "content-type": "text/html", "oci-chunk-min-length": "1024" }, Buffer.from("<h1>413</h1>"));
    }
    const refused = take(call, upload);
    if (refused) return refused;
    const stored = store(call, call.parameters.get("digest") ?? "", Buffer.concat(upload.parts));
    call.state.open(call.name).uploads.delete(upload.id);
    return stored;
  });
}

/** Takes a part in; the answer is the refusal of one that does not follow on. */
function take(call: Call, upload: Upload): Reply | undefined {
  const range = call.headers["content-range"];
  if (range !== undefined) {
    const match = /^(\d+)-(\d+)$/.exec(range);
    const isNext = match && Number(match[1]) === upload.size;
    const isWhole = match && Number(match[2]) - Number(match[1]) + 1 === call.body.byteLength;
    if (!isNext || !isWhole) return { ...accepted(call, upload, 416) };
  }
  if (call.body.byteLength > 0) upload.parts.push(call.body);
  upload.size += call.body.byteLength;
  return undefined;
}

function store(call: Call, digest: string, bytes: Uint8Array): Reply {
  if (!isDigest(digest)) return errorReply(400, "DIGEST_INVALID");
  const isRight = call.options.noDigestCheck || digestOf(bytes, digestAlgorithm(digest)) === digest;
  if (!isRight) return errorReply(400, "DIGEST_INVALID");
  call.state.open(call.name).blobs.set(digest, bytes);
  return created(call, digest);
}

function created(call: Call, digest: Digest): Reply {
  return reply(201, { location: `/v2/${call.name}/blobs/${digest}`, "docker-content-digest": digest });
}

function accepted(call: Call, upload: Upload, status: number): Reply {
  const location = `/v2/${call.name}/blobs/uploads/${upload.id}?${stateOf(upload)}`;
  return reply(status, { location, range: `0-${Math.max(0, upload.size - 1)}` });
}

/** Quotes, a tilde, an escaped space and slash: a client that re-encodes any of them has another state. */
function stateOf(upload: Upload): string {
  return stateAt(upload.size);
}

function stateAt(size: number): string {
  return `_state=~'${size}'%20a%2Fb`;
}

function withUpload(call: Call, run: (upload: Upload) => Reply): Reply {
  const upload = call.state.repositories.get(call.name)?.uploads.get(call.target);
  if (!upload) return errorReply(404, "BLOB_UPLOAD_UNKNOWN");
  // An older state is fine here: what does not follow on is told by its Content-Range (416). A changed one is not.
  const size = /^_state=~'(\d+)'/.exec(call.query)?.[1] ?? "";
  const isOurs = call.query.startsWith(stateAt(Number(size))) && size !== "" && Number(size) <= upload.size;
  return isOurs ? run(upload) : errorReply(400, "BLOB_UPLOAD_INVALID", "the upload state was changed on its way");
}
