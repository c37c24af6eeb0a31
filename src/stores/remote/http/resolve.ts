import { lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { hostnameOf, isLocalHost } from "./address.ts";
import { hearLastWords } from "./last-words.ts";

/** Where to connect for one host and port, instead of asking the name service. TLS still checks the host's own name. */
export interface HostAddress {
  /** A name, in any case. */
  readonly host: string;
  readonly port: number;
  /** IPv4 or IPv6, without brackets. */
  readonly address: string;
  /** Default: {@link port}. */
  readonly addressPort?: number;
}

/** Reads `host:port:address[:port]`, as curl and oras have it; an IPv6 address is in brackets. */
export function parseHostAddress(text: string): HostAddress | undefined {
  const match = /^([^:[\]\s]+):(\d{1,5}):(\[[^\]]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(text);
  const [, host = "", port = "", given = "", other] = match ?? [];
  const address = given.replace(/^\[|\]$/g, "");
  if (!isPort(port) || (other !== undefined && !isPort(other)) || isIP(address) === 0) return undefined;
  return { host, port: Number(port), address, ...(other === undefined ? {} : { addressPort: Number(other) }) };
}

function isPort(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 65_535;
}

/**
 * A registry elsewhere pointed to a name that turned out to be this machine or its link (ggcr#2440): names are as good
 * as address literals for reaching what only this machine can reach.
 */
export class LocalAddressError extends Error {
  readonly hostname: string;
  readonly address: string;

  constructor(hostname: string, address: string) {
    super(`${hostname} is ${address}`);
    this.hostname = hostname;
    this.address = address;
  }
}

export interface ResolverOptions {
  /** Of the registry. */
  readonly origin: string;
  readonly addresses: readonly HostAddress[];
  /** Default: the system's name service. */
  readonly lookup?: LookupFunction | undefined;
}

/**
 * Finds addresses for the connections of one registry.
 *
 * A host other than the registry's may not be this machine or its link, unless the registry is there itself. Private
 * networks are not refused here: token servers of companies live there, by name.
 */
export class Resolver {
  readonly #addresses = new Map<string, HostAddress>();
  readonly #lookup: LookupFunction;
  readonly #registry: string;
  #isRegistryLocal: boolean;

  constructor({ origin, addresses, lookup }: ResolverOptions) {
    for (const each of addresses) this.#addresses.set(`${each.host.toLowerCase()}:${each.port}`, each);
    // A function of its own: its callback has one shape for one address and another one for all.
    this.#lookup = lookup ?? ((hostname, options, callback) => systemLookup(hostname, options, callback));
    this.#registry = hostnameOf(origin);
    this.#isRegistryLocal =
      isLocalHost(this.#registry) ||
      addresses.some(({ host, address }) => host.toLowerCase() === this.#registry && isLocalHost(address));
  }

  /** A connector of undici that connects where this resolver says. */
  connector(options: buildConnector.BuildOptions): buildConnector.connector {
    const connect = buildConnector({ ...options, lookup: this.lookup });
    return (wanted, callback) => {
      const port = wanted.port || (wanted.protocol === "https:" ? "443" : "80");
      const found = this.#addresses.get(`${wanted.hostname.toLowerCase()}:${port}`);
      if (!found) return connect(wanted, endingWithItsError(callback));
      const target = { hostname: found.address, port: String(found.addressPort ?? found.port) };
      // TLS sends names, never addresses; without one, undici would take the wanted host for it.
      const servername = wanted.servername ?? (isIP(wanted.hostname) === 0 ? wanted.hostname : undefined);
      const redirected = { ...wanted, ...target, ...(servername === undefined ? {} : { servername }) };
      return connect(redirected, endingWithItsError(callback));
    };
  }

  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#lookup(hostname, options, (error, found, family) => {
      if (error) return callback(error, found, family);
      const addresses = typeof found === "string" ? [found] : found.map(({ address }) => address);
      const local = addresses.find((address) => isLocalHost(address));
      if (hostname.toLowerCase() === this.#registry) this.#isRegistryLocal ||= local !== undefined;
      else if (local !== undefined && !this.#isRegistryLocal)
        return callback(new LocalAddressError(hostname, local), found, family);
      callback(null, found, family);
    });
  };
}

/**
 * Makes the first error of a socket the one that its requests fail with.
 *
 * In TLS 1.3 a server refuses the client's certificate after the handshake: Node reports the alert and then an ordinary
 * end, and undici would keep only the end.
 */
function endingWithItsError(callback: buildConnector.Callback): buildConnector.Callback {
  return (...result) => {
    const [, socket] = result;
    socket?.once("error", (error: Error) => socket.destroy(error));
    if (socket) hearLastWords(socket);
    callback(...result);
  };
}
