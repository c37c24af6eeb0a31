import { blobRoutes } from "./blobs.ts";
import { harborRoutes } from "./harbor.ts";
import { listRoutes } from "./lists.ts";
import { manifestRoutes } from "./manifests.ts";
import type { RegistryOptions } from "./options.ts";
import type { Reply } from "./reply.ts";
import { errorReply, reply } from "./reply.ts";
import type { RegistryState } from "./state.ts";
import { uploadRoutes } from "./uploads.ts";

export type RouteName =
  | "base"
  | "token"
  | "catalog"
  | "blob.head"
  | "blob.get"
  | "blob.delete"
  | "upload.post"
  | "upload.patch"
  | "upload.put"
  | "upload.get"
  | "upload.delete"
  | "manifest.head"
  | "manifest.get"
  | "manifest.put"
  | "manifest.delete"
  | "tags"
  | "referrers"
  | "harbor.ping"
  | "harbor.tag";

/** One request, taken apart. */
export interface Call {
  readonly state: RegistryState;
  readonly options: RegistryOptions;
  readonly method: string;
  /** Repository name; empty for `base`, `token` and `catalog`. */
  readonly name: string;
  /** Digest, tag or upload id. */
  readonly target: string;
  /** Everything after `?`, not decoded. */
  readonly query: string;
  readonly parameters: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly url: string;
  /** Where blobs are kept that the registry redirects to; empty when it does not. */
  readonly storageUrl: string;
}

export type Handler = (call: Call) => Reply;

const nameText = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*";

const paths: readonly (readonly [RegExp, string])[] = [
  [/^\/v2\/$/, "base"],
  [/^\/token$/, "token"],
  [/^\/v2\/_catalog$/, "catalog"],
  [new RegExp(`^/v2/(${nameText})/blobs/uploads/([^/]*)$`), "upload"],
  [new RegExp(`^/artifacts-uploads/(${nameText})/([^/]+)$`), "upload"],
  [new RegExp(`^/v2/(${nameText})/blobs/([^/]+)$`), "blob"],
  [new RegExp(`^/v2/(${nameText})/manifests/([^/]+)$`), "manifest"],
  [new RegExp(`^/v2/(${nameText})/tags/list$`), "tags"],
  [new RegExp(`^/v2/(${nameText})/referrers/([^/]+)$`), "referrers"],
  [/^\/api\/v2\.0\/ping$/, "harbor.ping"],
  [/^\/api\/v2\.0\/projects\/([^/]+\/repositories\/[^/]+)\/artifacts\/[^/]+\/tags\/([^/]+)$/, "harbor.tag"],
];

/** Finds the route of a request; undefined when there is none. */
export function matchRoute(
  method: string,
  path: string,
): { route: RouteName; name: string; target: string } | undefined {
  for (const [pattern, kind] of paths) {
    const match = pattern.exec(path);
    if (!match) continue;
    const isPlain = ["base", "token", "catalog", "tags", "referrers", "harbor.ping", "harbor.tag"].includes(kind);
    const route = isPlain ? kind : `${kind}.${method.toLowerCase()}`;
    return { route: route as RouteName, name: match[1] ?? "", target: decodeURIComponent(match[2] ?? "") };
  }
  return undefined;
}

const handlers: Readonly<Partial<Record<RouteName, Handler>>> = {
  base: () => reply(200, { "content-type": "application/json" }, Buffer.from("{}")),
  ...blobRoutes,
  ...uploadRoutes,
  ...manifestRoutes,
  ...listRoutes,
  ...harborRoutes,
};

export function runRoute(route: RouteName, call: Call): Reply {
  if (call.method === "DELETE" && call.options.noDelete) return errorReply(405, "UNSUPPORTED");
  return handlers[route]?.(call) ?? errorReply(405, "UNSUPPORTED");
}
