/**
 * Where a request goes: an origin, and the path with its query exactly as it was received.
 *
 * `URL` re-encodes some characters of a query (quotes, for one), and `URLSearchParams` all of it; both break the signed
 * state in an upload Location. So the text is carried as it is.
 */
export interface HttpUrl {
  /** Scheme, host and port; an explicit default port is left out, so that equal origins are equal strings. */
  readonly origin: string;
  /** Starts with a slash; query included, fragment not. */
  readonly path: string;
}

const absolutePattern = /^https?:\/\/[^/?#]*([^#]*)/i;

/**
 * Reads a URL that came from outside, relative to the URL of the request that it came from.
 *
 * @returns undefined for what mreg never follows: other schemes than http and https, user information, white space,
 * control characters, and backslashes, which parsers disagree about.
 */
export function httpUrl(text: string, base?: HttpUrl): HttpUrl | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
  if (/[\u0000-\u0020\u007f\\]/.test(text)) return undefined;
  const from = base ? `${base.origin}${base.path}` : undefined;
  if (!URL.canParse(text, from)) return undefined;
  const parsed = new URL(text, from);
  if (!/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password) return undefined;
  return { origin: parsed.origin, path: verbatimPath(text, parsed) };
}

function verbatimPath(text: string, parsed: URL): string {
  const rest = absolutePattern.exec(text)?.[1] ?? (/^\/(?!\/)/.test(text) ? text.replace(/#.*$/s, "") : undefined);
  if (rest !== undefined) return rest.startsWith("/") ? rest : `/${rest}`;
  // Relative to the directory of the base: the path must be resolved, the query still travels untouched.
  const query = /\?[^#]*/.exec(text)?.[0] ?? "";
  return `${parsed.pathname}${query}`;
}

/** The whole URL. Never for messages: see {@link redactUrl}. */
export function formatUrl(url: HttpUrl): string {
  return `${url.origin}${url.path}`;
}

/** The part of a URL that may be shown: upload Locations and object storage carry secrets in the query. */
export function redactUrl(url: HttpUrl): string {
  return `${url.origin}${url.path.replace(/[?#].*$/s, "")}`;
}

/** Appends a query parameter and leaves what is there byte for byte. */
export function withQuery(url: HttpUrl, name: string, value: string): HttpUrl {
  const separator = !url.path.includes("?") ? "?" : /[?&]$/.test(url.path) ? "" : "&";
  return { origin: url.origin, path: `${url.path}${separator}${name}=${encodeURIComponent(value)}` };
}
