import { redirectLimit } from "../limits.ts";
import { hostnameOf, isLocalHost } from "./address.ts";
import { RegistryError } from "./error.ts";
import type { HttpRequest } from "./exchange.ts";
import type { HttpResponse } from "./response.ts";
import { formatUrl, type HttpUrl, httpUrl, redactUrl } from "./url.ts";

type Send = (request: HttpRequest) => Promise<HttpResponse>;

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Sends a request and follows redirects of GET and HEAD; other methods get their 3xx back.
 *
 * Authorization is dropped for good at the first change of scheme, host or port: object storage refuses it, and a
 * hostile one would keep it (GHSA-vh4v-2xq2-g5cg).
 *
 * @throws {@link RegistryError} `REDIRECT_REFUSED` for a loop, too many hops, https to http, and targets that
 * {@link redirectTarget} refuses.
 */
export async function followRedirects(request: HttpRequest, send: Send): Promise<HttpResponse> {
  let current = request;
  // oras-go and go-containerregistry follow a redirect to itself some 13,000 times a second, for ever.
  const seen = new Set([formatUrl(request.url)]);
  for (;;) {
    const response = await send(current);
    const location = response.header("location");
    const isFollowed = request.method === "GET" || request.method === "HEAD";
    if (!isFollowed || !redirectStatuses.includes(response.status) || location === undefined) return response;
    await response.discard();
    const url = redirectTarget(response, location);
    if (seen.has(formatUrl(url))) throw response.error("REDIRECT_REFUSED", "redirects in a circle");
    if (seen.size > redirectLimit) throw response.error("REDIRECT_REFUSED", `more than ${redirectLimit} redirects`);
    seen.add(formatUrl(url));
    current = { ...current, url, headers: headersFor(url, current) };
  }
}

/** Where an answer points, unless that is somewhere no honest registry points to. */
function redirectTarget(response: HttpResponse, location: string): HttpUrl {
  const url = httpUrl(location, response.url);
  if (!url) throw response.error("REDIRECT_REFUSED", "redirects to something that is not a plain http or https URL");
  if (response.url.origin.startsWith("https:") && !url.origin.startsWith("https:")) {
    throw response.error("REDIRECT_REFUSED", `redirects from https to ${redactUrl(url)}`);
  }
  // A registry elsewhere has no business with this machine or with a cloud's metadata service.
  if (isLocalHost(hostnameOf(url.origin)) && !isLocalHost(hostnameOf(response.url.origin))) {
    throw response.error("REDIRECT_REFUSED", `redirects to ${redactUrl(url)}, an address of this machine or its link`);
  }
  return url;
}

function headersFor(url: HttpUrl, { url: from, headers }: HttpRequest): Readonly<Record<string, string>> {
  if (url.origin === from.origin) return headers;
  const { authorization: _dropped, ...rest } = headers;
  return rest;
}

/**
 * Accepts a URL that a registry wants used for the next step (upload Location, next page): on its own origin only.
 *
 * Such requests carry Authorization and content, so that another host would be given both (GHSA-jxpm-75mh-9fp7).
 *
 * @throws {@link RegistryError} `REDIRECT_REFUSED`.
 */
export function sameOriginUrl(response: HttpResponse, text: string, what: string): HttpUrl {
  const url = httpUrl(text, response.url);
  if (url?.origin === response.url.origin) return url;
  const shown = url ? redactUrl(url) : "something that is not a plain http or https URL";
  const hint =
    url && hostnameOf(url.origin) === hostnameOf(response.url.origin)
      ? "; a proxy in front of the registry probably does not pass on the scheme or port that it was asked for"
      : "";
  throw new RegistryError("REDIRECT_REFUSED", `${what} is ${shown}, expected ${response.url.origin}${hint}`, {
    method: response.method,
    url: response.url,
    status: response.status,
  });
}
