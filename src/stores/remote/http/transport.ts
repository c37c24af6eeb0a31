import { getCACertificates } from "node:tls";
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from "undici";
import { hostnameOf } from "./address.ts";
import { RegistryError } from "./error.ts";
import { Exchange, type HttpRequest, type Timeouts } from "./exchange.ts";
import { type ProxyOptions, type ProxyServer, proxyFor } from "./proxy.ts";
import { type HostAddress, Resolver, type ResolverOptions } from "./resolve.ts";
import type { HttpResponse } from "./response.ts";
import type { OnRead } from "./wire.ts";
import { isWritable } from "./wire-exchange.ts";
import { WirePool } from "./wire-pool.ts";

export interface TransportOptions {
  /** Of the registry: the only one that gets the client certificate. */
  readonly origin: string;
  readonly userAgent: string;
  readonly timeouts: Timeouts;
  /** Skips verification of certificates of the registry's host, and of no other. */
  readonly insecure?: boolean | undefined;
  /** PEM, beside the system's own authorities. */
  readonly ca?: string | undefined;
  /** PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly proxy?: ProxyOptions | undefined;
  readonly resolve?: readonly HostAddress[] | undefined;
  /** Default: the system's name service. */
  readonly lookup?: ResolverOptions["lookup"];
}

/** How close a request's origin is to the registry's; each gets its own connections and its own TLS settings. */
type Nearness = "registry" | "same host" | "foreign";

/** Sends single requests. Knows nothing of authorization, redirects or retries. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #resolver: Resolver;
  /** By nearness, and by proxy. */
  readonly #dispatchers = new Map<string, Dispatcher>();
  readonly #wires: WirePool;
  #hasAnswered = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    const { origin, resolve = [], lookup, cert, key } = options;
    // Left out by mistake, the other one would be left out without a word.
    if ((cert === undefined) !== (key === undefined)) {
      throw new RegistryError("CERTIFICATE_REFUSED", "a client certificate needs both cert and key, given one", {});
    }
    this.#resolver = new Resolver({ origin, addresses: resolve, lookup });
    this.#wires = new WirePool(options.timeouts, (to) => (onread) => this.#connector(this.#nearness(to), { onread }));
  }

  /** Somebody has answered before: a refused connection is then a restart rather than a wrong address. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { origin } = request.url;
    const proxy = proxyFor(origin, this.#options.proxy);
    const headers = this.#headers(request);
    const exchange = new Exchange({ ...request, headers, via: proxy?.origin }, this.#options.timeouts);
    const response = await exchange.run(this.#dispatcher(this.#nearness(origin), proxy));
    this.#hasAnswered = true;
    return response;
  }

  /**
   * Sends a GET request for content, to be poured rather than read; as {@link send} does where that is all there is.
   */
  async receive(request: HttpRequest): Promise<HttpResponse> {
    const headers = this.#headers(request);
    const isPlain = !proxyFor(request.url.origin, this.#options.proxy) && isWritable(headers);
    const response = isPlain ? await this.#wires.get({ ...request, headers }) : undefined;
    if (!response) return this.send(request);
    this.#hasAnswered = true;
    return response;
  }

  async close(): Promise<void> {
    this.#wires.close();
    await Promise.all([...this.#dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
  }

  #headers(request: HttpRequest): Readonly<Record<string, string>> {
    return {
      "user-agent": this.#options.userAgent,
      // Digests are over stored bytes; a proxy that compresses on the fly would also drop the length.
      "accept-encoding": "identity",
      ...request.headers,
    };
  }

  #nearness(origin: string): Nearness {
    if (origin === this.#options.origin) return "registry";
    return hostnameOf(origin) === hostnameOf(this.#options.origin) ? "same host" : "foreign";
  }

  #dispatcher(nearness: Nearness, proxy: ProxyServer | undefined): Dispatcher {
    const key = `${nearness} ${proxy?.origin ?? ""}`;
    const existing = this.#dispatchers.get(key);
    if (existing) return existing;
    const created = proxy ? this.#proxyAgent(nearness, proxy) : this.#agent(nearness);
    this.#dispatchers.set(key, created);
    return created;
  }

  #agent(nearness: Nearness): Agent {
    return new Agent({ ...http1, connect: this.#connector(nearness) });
  }

  #connector(nearness: Nearness, options: { onread?: OnRead } = {}): buildConnector.connector {
    const timeout = this.#options.timeouts.connectMs;
    return this.#resolver.connector({ ...this.#tls(nearness), ...options, timeout });
  }

  /** https goes through a tunnel (CONNECT), http by absolute URL: many proxies allow CONNECT to port 443 only. */
  #proxyAgent(nearness: Nearness, { origin, authorization }: ProxyServer): ProxyAgent {
    const timeout = this.#options.timeouts.connectMs;
    return new ProxyAgent({
      ...http1,
      uri: origin,
      ...(authorization === undefined ? {} : { token: authorization }),
      requestTls: { ...this.#tls(nearness), ...http1, timeout },
      // Neither the client certificate nor the leave to skip verification is for the proxy.
      proxyTls: { ...this.#authorities(), ...http1, timeout },
    });
  }

  #tls(nearness: Nearness) {
    const { cert, key, insecure } = this.#options;
    return {
      ...http1,
      ...this.#authorities(),
      ...(insecure && nearness !== "foreign" ? { rejectUnauthorized: false } : {}),
      ...(cert && key && nearness === "registry" ? { cert, key } : {}),
    };
  }

  #authorities(): { ca?: string[] } {
    const { ca } = this.#options;
    return ca ? { ca: [...getCACertificates("default"), ca] } : {};
  }
}

/** HTTP/1.1 on purpose: parallel blobs gain from parallel connections and lose on one multiplexed one. */
const http1 = { allowH2: false };
