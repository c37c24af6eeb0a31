import { type Digest, digestAlgorithm, digestOf } from "../../../src/base/digest.ts";
import { isDigest } from "../../../src/oci/digest.ts";
import { type Manifest, parseManifest } from "../../../src/oci/manifest.ts";
import { isTag } from "../../../src/oci/reference.ts";
import { errorReply, type Reply, reply } from "./reply.ts";
import type { Call, Handler, RouteName } from "./routes.ts";
import type { RepositoryState } from "./state.ts";

/** distribution and zot take no more. */
const manifestLimitBytes = 4 * 1024 * 1024;

export const manifestRoutes: Readonly<Partial<Record<RouteName, Handler>>> = {
  "manifest.head": (call) => (call.options.noManifestHead ? errorReply(405, "UNSUPPORTED") : read(call)),
  "manifest.get": read,
  "manifest.put": put,
  "manifest.delete": remove,
};

function read(call: Call): Reply {
  const repository = call.state.repositories.get(call.name);
  const digest = find(repository, call);
  const stored = digest && repository?.manifests.get(digest);
  if (!stored) return errorReply(404, "MANIFEST_UNKNOWN");
  const accept = call.headers["accept"] ?? "*/*";
  // As distribution: whoever does not say that they know OCI manifests is told that there is none.
  if (!accept.includes(stored.mediaType) && !accept.includes("*/*")) return errorReply(404, "MANIFEST_UNKNOWN");
  const named = call.options.noDigestHeader ? {} : { "docker-content-digest": digest };
  return reply(200, { "content-type": stored.mediaType, ...named }, stored.bytes);
}

function find(repository: RepositoryState | undefined, { target, options }: Call): Digest | undefined {
  const meant = options.digestTags ? target.replace(/^sha256-/, "sha256:") : target;
  if (isDigest(meant) && (meant === target || repository?.manifests.has(meant))) return meant;
  return repository?.tags.get(target);
}

function put(call: Call): Reply {
  const { body, target, options } = call;
  if (body.byteLength > manifestLimitBytes) return errorReply(413, "SIZE_INVALID");
  if (!isDigest(target) && !isTag(target))
    return errorReply(400, target.includes(":") ? "DIGEST_INVALID" : "TAG_INVALID");
  const digest = isDigest(target) ? digestOf(body, digestAlgorithm(target)) : digestOf(body);
  if (isDigest(target) && digest !== target) return errorReply(400, "DIGEST_INVALID");
  const repository = call.state.open(call.name);
  const mediaType = call.headers["content-type"] ?? "";
  const manifest = tryParse(body, mediaType);
  if (typeof manifest === "string") return errorReply(400, "MANIFEST_INVALID", manifest);
  const missing = named(manifest).find((each) => !repository.blobs.has(each) && !repository.manifests.has(each));
  if (missing) return errorReply(400, "MANIFEST_BLOB_UNKNOWN", `${missing} is not there`);
  const subject = manifest.value.subject?.digest;
  if (options.subjectMustExist && subject && !repository.manifests.has(subject)) return errorReply(405, "UNSUPPORTED");
  const tags = isDigest(target) ? (options.tagParameter ? call.parameters.getAll("tag") : []) : [target];
  for (const tag of tags) {
    const current = repository.tags.get(tag);
    const { status = 412, evenSame = false } = options.immutableTags ?? {};
    const isRefused = options.immutableTags && current && (evenSame || current !== digest);
    if (isRefused) return errorReply(status, "PRECONDITION", "configured as immutable");
    repository.tags.set(tag, digest);
  }
  repository.manifests.set(digest, { bytes: body, mediaType });
  const says = options.falseSubjectHeader || (options.referrers !== "tag" && !options.noSubjectHeader);
  return reply(201, {
    location: `/v2/${call.name}/manifests/${digest}`,
    ...(options.noDigestHeader ? {} : { "docker-content-digest": digest }),
    ...(subject && says ? { "oci-subject": subject } : {}),
    ...(isDigest(target) && tags.length > 0 ? { "oci-tag": tags.join(", ") } : {}),
  });
}

function tryParse(body: Uint8Array, mediaType: string): Manifest | string {
  try {
    return parseManifest(body, mediaType);
  } catch (error) {
    return (error as Error).message;
  }
}

/** What must be there before a manifest: everything but its subject. */
function named({ kind, value }: Manifest): readonly Digest[] {
  const parts = kind === "index" ? value.manifests : [value.config, ...value.layers];
  return parts.map(({ digest }) => digest);
}

function remove(call: Call): Reply {
  const repository = call.state.repositories.get(call.name);
  if (!isDigest(call.target)) {
    if (call.options.noTagDelete) return errorReply(400, "DIGEST_INVALID");
    return repository?.tags.delete(call.target) ? reply(202) : errorReply(404, "MANIFEST_UNKNOWN");
  }
  if (!repository?.manifests.has(call.target)) return errorReply(404, "MANIFEST_UNKNOWN");
  const isTagged = [...repository.tags.values()].includes(call.target);
  if (call.options.immutableTags?.evenSame && isTagged) return errorReply(412, "PRECONDITION", "immutable");
  drop(repository, call.target, call.options.harbor === true);
  return reply(202);
}

/** Harbor deletes accessories with their subject, and theirs with them. */
function drop(repository: RepositoryState, gone: Digest, withReferrers: boolean): void {
  repository.manifests.delete(gone);
  for (const [tag, digest] of repository.tags) if (digest === gone) repository.tags.delete(tag);
  if (!withReferrers) return;
  for (const [digest, { bytes, mediaType }] of [...repository.manifests]) {
    if (parseManifest(bytes, mediaType).value.subject?.digest === gone) drop(repository, digest, true);
  }
}
