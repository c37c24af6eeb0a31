import { isDigest } from "../../../src/oci/digest.ts";
import { errorReply, type Reply, reply } from "./reply.ts";
import type { Call, Handler, RouteName } from "./routes.ts";

export const blobRoutes: Readonly<Partial<Record<RouteName, Handler>>> = {
  "blob.head": readBlob,
  "blob.get": (call) => {
    const found = readBlob(call);
    if (call.storageUrl === "" || found.status >= 400) return found;
    return reply(307, { location: `${call.storageUrl}/${call.name}/${call.target}?signature=secret` });
  },
  "blob.delete": remove,
};

export function readBlob(call: Pick<Call, "state" | "name" | "target" | "options" | "headers">): Reply {
  const bytes = isDigest(call.target) ? call.state.repositories.get(call.name)?.blobs.get(call.target) : undefined;
  if (!isDigest(call.target)) return errorReply(400, "DIGEST_INVALID");
  if (!bytes) return errorReply(404, "BLOB_UNKNOWN");
  const headers = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    ...(call.options.noDigestHeader ? {} : { "docker-content-digest": call.target }),
  };
  const range = call.options.noRange ? undefined : call.headers["range"];
  return range === undefined ? reply(200, headers, bytes) : ranged(bytes, range, headers);
}

/** One range, as RFC 9110 has it: `bytes=a-b`, `bytes=a-`, `bytes=-n`. */
function ranged(bytes: Uint8Array, range: string, headers: Record<string, string>): Reply {
  const size = bytes.byteLength;
  const match = /^bytes=(\d*)-(\d*)$/.exec(range);
  if (!match || (match[1] === "" && match[2] === "")) return reply(200, headers, bytes);
  const start = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === "" || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start > end || start >= size) return reply(416, { "content-range": `bytes */${size}` });
  const part = { ...headers, "content-range": `bytes ${start}-${end}/${size}` };
  return reply(206, part, bytes.subarray(start, end + 1));
}

function remove(call: Call): Reply {
  if (!isDigest(call.target)) return errorReply(400, "DIGEST_INVALID");
  const isGone = call.state.repositories.get(call.name)?.blobs.delete(call.target);
  return isGone ? reply(202) : errorReply(404, "BLOB_UNKNOWN");
}
