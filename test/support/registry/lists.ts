import { digestOf } from "../../../src/base/digest.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { isDigest } from "../../../src/oci/digest.ts";
import { type ImageManifest, parseManifest } from "../../../src/oci/manifest.ts";
import { mediaTypes } from "../../../src/oci/media-types.ts";
import { errorReply, jsonReply, type Reply, reply } from "./reply.ts";
import type { Call, Handler, RouteName } from "./routes.ts";

export const listRoutes: Readonly<Partial<Record<RouteName, Handler>>> = { tags, referrers, catalog };

function tags(call: Call): Reply {
  const repository = call.state.repositories.get(call.name);
  if (!repository) return errorReply(404, "NAME_UNKNOWN");
  const { unordered, largestN = Number.POSITIVE_INFINITY } = call.options.lists ?? {};
  if (Number(call.parameters.get("n") ?? 0) > largestN) return errorReply(400, "UNSUPPORTED", "n is too large");
  if (unordered) return jsonReply(200, { name: call.name, tags: shuffled([...repository.tags.keys()]) });
  const { page, link } = paged(call, [...repository.tags.keys()].sort());
  return jsonReply(200, { name: call.name, tags: page }, link);
}

/** The same order every time, and not the one of the names. */
function shuffled(names: readonly string[]): string[] {
  return [...names].sort((a, b) => digestOf(a).localeCompare(digestOf(b)));
}

function catalog(call: Call): Reply {
  if (call.options.noCatalog) return errorReply(404, "UNSUPPORTED");
  const filled = [...call.state.repositories].filter(([, { manifests }]) => manifests.size > 0);
  const { page, link } = paged(call, filled.map(([name]) => name).sort());
  return jsonReply(200, { repositories: page }, link);
}

function referrers(call: Call): Reply {
  const { options, target } = call;
  if (options.referrers === "tag" || options.falseSubjectHeader) {
    return reply(404, { "content-type": "text/plain; charset=utf-8" }, Buffer.from("404 page not found\n"));
  }
  if (!isDigest(target)) return errorReply(400, "DIGEST_INVALID");
  const isKnown = call.state.repositories.get(call.name)?.manifests.has(target);
  if (options.lists?.unknownSubject === "error" && !isKnown) return errorReply(400, "MANIFEST_INVALID");
  const wanted = options.noReferrersFilter ? null : call.parameters.get("artifactType");
  const all = referrersOf(call, target).filter(({ artifactType }) => wanted === null || artifactType === wanted);
  const { page, link } = paged(call, all.map(({ digest }) => digest).sort());
  const manifests = all.filter(({ digest }) => page.includes(digest));
  const index = { schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests };
  const headers = { "content-type": mediaTypes.imageIndex, ...link };
  if (wanted === null) return jsonReply(200, index, headers);
  if (!options.draftReferrers) return jsonReply(200, index, { ...headers, "oci-filters-applied": "artifactType" });
  return jsonReply(200, { ...index, annotations: { "org.opencontainers.references.filtersApplied": "" } }, headers);
}

function referrersOf(call: Call, subject: string): Descriptor[] {
  const manifests = call.state.repositories.get(call.name)?.manifests ?? new Map();
  return [...manifests].flatMap(([digest, { bytes, mediaType }]) => {
    const { descriptor, value } = parseManifest(bytes, mediaType);
    if (value.subject?.digest !== subject) return [];
    if (!call.options.draftReferrers) return [{ ...descriptor, digest }];
    const { config } = value as Partial<ImageManifest>;
    return config ? [{ ...descriptor, digest, artifactType: config.mediaType }] : [];
  });
}

/** One page of a sorted list, and the link to the next. */
function paged(
  { parameters, options, url }: Call,
  all: readonly string[],
): { page: string[]; link: Record<string, string> } {
  const cursor = parameters.get("cursor");
  const last = cursor === null ? parameters.get("last") : Buffer.from(cursor, "base64url").toString();
  const rest = last === null ? all : all.filter((entry) => entry > last);
  const asked = parameters.get("n");
  const size = Math.min(asked === null ? Infinity : Number(asked), options.pageSize ?? Infinity);
  const page = rest.slice(0, size);
  if (page.length === rest.length || page.length === 0) return { page, link: {} };
  const next = new URLSearchParams(parameters);
  if (options.lists?.cursor) next.set("cursor", Buffer.from(page.at(-1) ?? "").toString("base64url"));
  else next.set("last", page.at(-1) ?? "");
  return { page, link: { link: `<${url.replace(/\?.*/, "")}?${next.toString()}>; rel="next"` } };
}
