import { BlockList, isIP } from "node:net";
import { hostnameOf, isLocalHost } from "./address.ts";
import { RegistryError } from "./error.ts";

/** Proxies by the scheme of the request, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY have them. */
export interface ProxyOptions {
  /** For requests to `http:` URLs: `http://user:password@proxy:3128`; a scheme may be left out and is then http. */
  readonly http?: string | undefined;
  /** For requests to `https:` URLs. The proxy itself may be reached by http. */
  readonly https?: string | undefined;
  /**
   * Who is reached directly, separated by commas or spaces: `example.com` (and everything below it), `.example.com`,
   * `example.com:5000` (that port only), addresses, networks such as `10.0.0.0/8`, or `*` for everybody.
   */
  readonly noProxy?: string | undefined;
}

/** A proxy to send one request through. */
export interface ProxyServer {
  /** Without user information, so that it may be shown. */
  readonly origin: string;
  /** The `Proxy-Authorization` header. */
  readonly authorization?: string;
}

/**
 * Chooses the proxy for a request. Loopback is never proxied: the proxy's loopback is another machine's.
 *
 * @param origin - of the request.
 * @throws {@link RegistryError} `NETWORK` when the proxy that would be used is not an http or https URL.
 */
export function proxyFor(origin: string, options: ProxyOptions | undefined): ProxyServer | undefined {
  const text = origin.startsWith("https:") ? options?.https : options?.http;
  if (!text) return undefined;
  const hostname = hostnameOf(origin);
  const { protocol, port } = new URL(origin);
  if (isLocalHost(hostname)) return undefined;
  if (isExempt(hostname, port || (protocol === "https:" ? "443" : "80"), options?.noProxy ?? "")) return undefined;
  const proxy = parseProxy(text);
  if (proxy) return proxy;
  // The text is not quoted: whatever is wrong with it, it may hold a password.
  throw new RegistryError("NETWORK", "the proxy is not an http or https URL", { isTemporary: false });
}

/** Reads a proxy's URL; undefined when it is none. Paths mean nothing to a proxy and are dropped. */
export function parseProxy(text: string): ProxyServer | undefined {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return undefined;
  const { protocol, origin, username, password } = new URL(withScheme);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  if (username === "" && password === "") return { origin };
  try {
    const code = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
    return { origin, authorization: `Basic ${code}` };
  } catch {
    // A stray "%".
    return undefined;
  }
}

/** curl's rules, and Go's for ports and networks: a name stands for itself and everything below it. */
function isExempt(hostname: string, port: string, noProxy: string): boolean {
  const host = hostname.replace(/\.$/, "");
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && matches(host, port, entry));
}

function matches(host: string, port: string, entry: string): boolean {
  if (entry === "*") return true;
  const [, name = "", only] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
  // An IPv6 address without brackets ends in digits too, and has no port.
  const isBare = isIP(entry) === 6;
  if (!isBare && only !== undefined && only !== port) return false;
  const pattern = (isBare ? entry : name).replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) return isIP(pattern) === 0 ? isInNetwork(host, pattern) : areSame(host, pattern);
  const suffix = pattern.replace(/^\*?\./, "");
  return suffix !== "" && (host === suffix || host.endsWith(`.${suffix}`));
}

/** `::1` and `0:0:0:0:0:0:0:1` are one address. */
function areSame(host: string, address: string): boolean {
  return isInNetwork(host, `${address}/${isIP(address) === 4 ? 32 : 128}`);
}

function isInNetwork(host: string, network: string): boolean {
  const [address = "", bits = ""] = network.split("/");
  const version = isIP(address);
  const limit = version === 4 ? 32 : 128;
  if (version === 0 || version !== isIP(host) || !/^\d{1,3}$/.test(bits) || Number(bits) > limit) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), version === 4 ? "ipv4" : "ipv6");
  return list.check(host, version === 4 ? "ipv4" : "ipv6");
}
