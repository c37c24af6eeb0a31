import type { HttpRequest, Timeouts } from "./exchange.ts";
import { networkError } from "./network-error.ts";
import type { HttpResponse } from "./response.ts";
import { type ConnectorOf, Wire } from "./wire.ts";
import { WireExchange } from "./wire-exchange.ts";

/**
 * How long a connection that nobody uses is kept, in milliseconds: less than the 5 seconds of the shortest-lived
 * servers.
 */
const idleMs = 4_000;

/** Keeps the connections for content of one registry and of the storage behind it. */
export class WirePool {
  readonly #timeouts: Timeouts;
  readonly #connectorOf: (origin: string) => ConnectorOf;
  readonly #wires = new Set<Wire>();
  readonly #idle = new Map<Wire, NodeJS.Timeout>();

  constructor(timeouts: Timeouts, connectorOf: (origin: string) => ConnectorOf) {
    this.#timeouts = timeouts;
    this.#connectorOf = connectorOf;
  }

  /**
   * Sends a GET request over a connection that nothing else uses meanwhile.
   *
   * @returns undefined when the answer is not of the plain form that a wire reads.
   */
  async get(request: HttpRequest): Promise<HttpResponse | undefined> {
    const { origin } = request.url;
    const idle = [...this.#idle.keys()].find((wire) => wire.origin === origin && wire.isReusable);
    if (idle) {
      const exchange = this.#exchange(idle, request);
      try {
        return await exchange.run();
      } catch (error) {
        // The server may have closed it while the request was on its way.
        if (!exchange.isUnanswered || request.signal?.aborted) throw error;
      }
    }
    return this.#exchange(await this.#connect(request), request).run();
  }

  close(): void {
    for (const wire of this.#wires) wire.close();
    this.#wires.clear();
  }

  async #connect({ method, url, signal }: HttpRequest): Promise<Wire> {
    signal?.throwIfAborted();
    const wire = new Wire(url.origin);
    try {
      await wire.connect(this.#connectorOf(url.origin));
    } catch (error) {
      throw networkError(error, { method, url });
    }
    this.#wires.add(wire);
    return wire;
  }

  #exchange(wire: Wire, request: HttpRequest): WireExchange {
    clearTimeout(this.#idle.get(wire));
    this.#idle.delete(wire);
    wire.rest(false);
    return new WireExchange(wire, request, this.#timeouts, () => this.#keep(wire));
  }

  #keep(wire: Wire): void {
    if (!wire.isReusable) {
      wire.close();
      this.#wires.delete(wire);
      return;
    }
    wire.rest(true);
    const timer = setTimeout(() => {
      this.#idle.delete(wire);
      this.#wires.delete(wire);
      wire.close();
    }, idleMs);
    this.#idle.set(wire, timer.unref());
  }
}
