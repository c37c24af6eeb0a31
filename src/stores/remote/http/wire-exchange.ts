import type { ByteStream } from "../../../base/bytes.ts";
import type { ByteSink } from "../../../oci/content.ts";
import { RegistryError } from "./error.ts";
import type { HttpRequest, Timeouts } from "./exchange.ts";
import { networkError } from "./network-error.ts";
import { Pace } from "./pace.ts";
import { HttpResponse } from "./response.ts";
import type { ResponseHead } from "./response-head.ts";
import { Watchdog } from "./watchdog.ts";
import type { Wire } from "./wire.ts";

/** Answers without content of their own (redirects, refusals) are read at once, up to here. */
const smallBodyBytes = 64 * 1024;

/** One GET request over a {@link Wire}, under one watch: abort, stall and failure end it. */
export class WireExchange {
  readonly #wire: Wire;
  readonly #request: HttpRequest;
  readonly #timeouts: Timeouts;
  readonly #release: () => void;
  readonly #watchdog: Watchdog;
  readonly #pace: Pace;
  #expired: string | undefined;
  #sinceMs = 0;
  #bytes = 0;

  /** @param release - gets the wire back when it can be used again. */
  constructor(wire: Wire, request: HttpRequest, timeouts: Timeouts, release: () => void) {
    this.#wire = wire;
    this.#request = request;
    this.#timeouts = timeouts;
    this.#release = release;
    this.#pace = new Pace(timeouts.stallMs);
    this.#watchdog = new Watchdog((waitedMs) => this.#expire(`nothing moved for ${waitedMs} ms`));
  }

  /** Not a byte of an answer has come. */
  get isUnanswered(): boolean {
    return this.#bytes === 0 && this.#expired === undefined;
  }

  /** @returns undefined when the answer needs a complete parser. */
  async run(): Promise<HttpResponse | undefined> {
    const { signal, url } = this.#request;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", this.#abort, { once: true });
    try {
      this.#watchdog.arm(this.#timeouts.responseMs);
      const head = await this.#wire.ask(requestHead(this.#request), (count) => this.#came(count));
      this.#watchdog.pause();
      if (head && (head.status === 200 || head.status === 206)) return this.#content(head);
      const small = head && head.contentLength <= smallBodyBytes ? await this.#small(head.contentLength) : undefined;
      this.#end();
      if (!head || !small) return undefined;
      const { status, headers } = head;
      return new HttpResponse({ method: "GET", url, status, headers, body: once(small), discard: async () => {} });
    } catch (error) {
      this.#end();
      throw this.#failure(error);
    }
  }

  #content({ status, headers, contentLength }: ResponseHead): HttpResponse {
    const { url } = this.#request;
    const discard = async () => {
      this.#wire.close();
      this.#end();
    };
    return new HttpResponse({
      method: "GET",
      url,
      status,
      headers,
      body: unread(this.#request, status, discard),
      discard,
      pour: (sink) => this.#pour(sink, contentLength),
    });
  }

  async #pour(sink: ByteSink, length: number): Promise<void> {
    try {
      this.#sinceMs = performance.now();
      this.#watchdog.arm(this.#timeouts.stallMs);
      await this.#wire.read(sink, length);
    } catch (error) {
      throw this.#failure(error);
    } finally {
      this.#end();
    }
  }

  async #small(length: number): Promise<Uint8Array> {
    const bytes = Buffer.alloc(length);
    let at = 0;
    const sink = {
      room: () => bytes.subarray(at),
      filled: (count: number) => {
        at += count;
        return true;
      },
    };
    this.#watchdog.arm(this.#timeouts.stallMs);
    await this.#wire.read(sink, length);
    return bytes;
  }

  #came(count: number): void {
    this.#bytes += count;
    const now = performance.now();
    this.#watchdog.arm(this.#timeouts.stallMs);
    if (this.#sinceMs > 0) {
      const problem = this.#pace.problem(now - this.#sinceMs, count);
      if (problem !== undefined) this.#expire(problem);
    }
    this.#sinceMs = now;
  }

  #expire(why: string): void {
    this.#expired ??= why;
    this.#wire.close();
  }

  readonly #abort = () => this.#wire.close(this.#request.signal?.reason);

  #end(): void {
    this.#watchdog.stop();
    this.#request.signal?.removeEventListener("abort", this.#abort);
    this.#release();
  }

  #failure(error: unknown): unknown {
    const { method, url, signal } = this.#request;
    if (signal?.aborted) return signal.reason;
    if (this.#expired) return new RegistryError("TIMEOUT", this.#expired, { method, url, cause: error });
    return networkError(error, { method, url });
  }
}

/** Whether a header may be written as it is. undici says what is wrong with another one. */
export function isWritable(headers: Readonly<Record<string, string>>): boolean {
  return Object.entries(headers).every(
    ([name, value]) => /^[a-z0-9-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  );
}

function requestHead({ url, headers }: HttpRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${url.path} HTTP/1.1\r\nhost: ${new URL(url.origin).host}\r\n${lines.join("")}\r\n`;
}

async function* once(bytes: Uint8Array): ByteStream {
  if (bytes.byteLength > 0) yield bytes;
}

/** Content nobody wanted poured: the answer to another question. Its bytes would say nothing. */
async function* unread({ method, url }: HttpRequest, status: number, discard: () => Promise<void>): ByteStream {
  await discard();
  yield* [];
  throw new RegistryError("BAD_RESPONSE", "answered content that was not asked for", { method, url, status });
}
