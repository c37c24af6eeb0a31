import { errorReply, type Reply, reply } from "./reply.ts";
import type { Call, Handler, RouteName } from "./routes.ts";

/** The two requests of Harbor's own API that untagging needs (reference/registries.md §3). */
export const harborRoutes: Readonly<Partial<Record<RouteName, Handler>>> = {
  "harbor.ping": ({ options }) =>
    options.harbor ? reply(200, { "content-type": "text/plain" }, Buffer.from("Pong")) : errorReply(404, "NOT_FOUND"),
  "harbor.tag": removeTag,
};

function removeTag(call: Call): Reply {
  const { options, method, name, target, state } = call;
  if (!options.harbor || method !== "DELETE") return errorReply(404, "NOT_FOUND");
  const [project = "", encoded = ""] = name.split("/repositories/");
  // A repository of several components arrives encoded twice, so that proxies leave its slashes alone.
  const repository = `${project}/${decodeURIComponent(decodeURIComponent(encoded))}`;
  const tags = state.repositories.get(repository)?.tags;
  if (!tags?.has(target)) return errorReply(404, "NOT_FOUND");
  if (options.immutableTags) return errorReply(412, "PRECONDITION", "configured as immutable");
  tags.delete(target);
  return reply(200);
}
