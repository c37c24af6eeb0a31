import { getCACertificates } from "node:tls";
import { Agent } from "undici";
import { hostnameOf } from "./address.ts";
import { Exchange, type HttpRequest, type Timeouts } from "./exchange.ts";
import type { HttpResponse } from "./response.ts";

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
}

/** How close a request's origin is to the registry's; each gets its own connections and its own TLS settings. */
type Nearness = "registry" | "same host" | "foreign";

/** Sends single requests. Knows nothing of authorization, redirects or retries. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #agents = new Map<Nearness, Agent>();
  #hasAnswered = false;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Somebody has answered before: a refused connection is then a restart rather than a wrong address. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { userAgent, timeouts } = this.#options;
    const headers = {
      "user-agent": userAgent,
      // Digests are over stored bytes; a proxy that compresses on the fly would also drop the length.
      "accept-encoding": "identity",
      ...request.headers,
    };
    const exchange = new Exchange({ ...request, headers }, timeouts);
    const response = await exchange.run(this.#agent(this.#nearness(request.url.origin)));
    this.#hasAnswered = true;
    return response;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  #nearness(origin: string): Nearness {
    if (origin === this.#options.origin) return "registry";
    return hostnameOf(origin) === hostnameOf(this.#options.origin) ? "same host" : "foreign";
  }

  #agent(nearness: Nearness): Agent {
    const existing = this.#agents.get(nearness);
    if (existing) return existing;
    const { ca, cert, key, insecure, timeouts } = this.#options;
    const created = new Agent({
      // HTTP/1.1 on purpose: parallel blobs gain from parallel connections and lose on one multiplexed one.
      allowH2: false,
      connect: {
        timeout: timeouts.connectMs,
        ...(ca ? { ca: [...getCACertificates("default"), ca] } : {}),
        ...(insecure && nearness !== "foreign" ? { rejectUnauthorized: false } : {}),
        ...(cert && key && nearness === "registry" ? { cert, key } : {}),
      },
    });
    this.#agents.set(nearness, created);
    return created;
  }
}
