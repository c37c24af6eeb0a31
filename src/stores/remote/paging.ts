import { pageLimit } from "../../base/limits.ts";
import { arrayAt, objectAt, textAt } from "../../base/shape.ts";
import type { RegistryClient, RegistryRequest } from "./http/client.ts";
import { sameOriginUrl } from "./http/redirect.ts";
import type { HttpResponse } from "./http/response.ts";
import { formatUrl } from "./http/url.ts";

/**
 * Asks for the pages of a list, following `Link: <…>; rel="next"` on the registry's own origin. The caller reads each
 * body, or discards it and stops.
 *
 * @throws {@link RegistryError} `BAD_RESPONSE` when pages repeat or do not end, `REDIRECT_REFUSED` when a link leads to
 * another origin.
 */
export async function* pages(client: RegistryClient, first: RegistryRequest): AsyncGenerator<HttpResponse> {
  // Two of the trusted clients follow an endless Link for ever.
  const seen = new Set<string>();
  for (let request = first; ; ) {
    seen.add(formatUrl(request.url));
    const response = await client.send(request);
    yield response;
    const next = nextLink(response.headerLines("link"));
    if (next === undefined) return;
    const url = sameOriginUrl(response, next, "the next page of the list");
    if (seen.has(formatUrl(url))) throw response.error("BAD_RESPONSE", "the pages of the list repeat");
    if (seen.size >= pageLimit) throw response.error("BAD_RESPONSE", `the list has more than ${pageLimit} pages`);
    request = { ...first, url };
  }
}

/**
 * Finds the target of `rel="next"`; olareg leaves out the quotes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8288#section-3}
 */
export function nextLink(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    for (const [, target, parameters = ""] of line.matchAll(/<([^>]*)>((?:[^,"]|"[^"]*")*)/g)) {
      const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/i.exec(parameters);
      const names = (relation?.[1] ?? relation?.[2] ?? "").toLowerCase().split(/\s+/);
      if (names.includes("next")) return target;
    }
  }
  return undefined;
}

/** The names that a page of a list has under a key; where there are none, registries written in Go say null. */
export function namesAt(page: unknown, key: string): readonly string[] {
  const names = objectAt(page, "")[key];
  return names === undefined || names === null ? [] : arrayAt(names, key, textAt);
}
