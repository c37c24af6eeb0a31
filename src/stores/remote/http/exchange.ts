import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { ByteStream } from "../../../base/bytes.ts";
import { RegistryError } from "./error.ts";
import { networkError } from "./network-error.ts";
import { Pace } from "./pace.ts";
import { HttpResponse } from "./response.ts";
import { UploadStream } from "./upload-stream.ts";
import type { HttpUrl } from "./url.ts";
import { Watchdog } from "./watchdog.ts";

/**
 * Bodies are bytes, which any attempt can send again, or a stream of exactly `size` bytes, which one attempt uses up.
 */
export type RequestBody = Uint8Array | { readonly size: number; readonly stream: ByteStream };

export interface HttpRequest {
  readonly method: string;
  readonly url: HttpUrl;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  /** Origin of the proxy that it goes through, for messages. */
  readonly via?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds. No limit is on a whole transfer: it may take hours as long as bytes move. */
export interface Timeouts {
  readonly connectMs: number;
  /** From the last byte of a request without a streamed body to the headers of the answer. */
  readonly responseMs: number;
  /** Between two pieces of a body, in either direction; also the time over which an answer must bring 1 KiB/s. */
  readonly stallMs: number;
  /** Added to `responseMs` after an upload, for each GiB sent: registries hash, copy and commit before they answer. */
  readonly commitMsPerGibibyte: number;
}

/** Lets go of an unread body in one read rather than close the connection; error pages are about this long. */
const discardLimitBytes = 64 * 1024;

/** One request and its answer, under one watch: abort, stall and failure end it, whichever side is moving. */
export class Exchange {
  readonly #request: HttpRequest;
  readonly #timeouts: Timeouts;
  readonly #controller = new AbortController();
  readonly #watchdog: Watchdog;
  readonly #upload: UploadStream | undefined;
  #expired: string | undefined;

  constructor(request: HttpRequest, timeouts: Timeouts) {
    this.#request = request;
    this.#timeouts = timeouts;
    this.#watchdog = new Watchdog((waitedMs) => {
      this.#expired ??= `nothing moved for ${waitedMs} ms`;
      this.#controller.abort();
    });
    const { body } = request;
    if (body && "stream" in body && body.size > 0) {
      const commitMs = Math.ceil((timeouts.commitMsPerGibibyte * body.size) / 2 ** 30);
      this.#upload = new UploadStream(body, (moment) => {
        this.#watchdog.arm(moment === "piece" ? timeouts.stallMs : timeouts.responseMs + commitMs);
      });
    }
  }

  /** Sends the request. The caller consumes the answer, or discards it. */
  async run(dispatcher: Dispatcher): Promise<HttpResponse> {
    const { method, url, headers, body, signal } = this.#request;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", this.#abort, { once: true });
    this.#watchdog.arm(this.#upload ? this.#timeouts.stallMs : this.#timeouts.responseMs);
    try {
      const answer = await dispatcher.request({
        ...url,
        method,
        headers: { ...headers, ...lengthHeader(body) },
        body: this.#body(),
        signal: this.#controller.signal,
        // undici's own timers count a paused reader as a stall and coarse seconds as precise; the watchdog does
        // neither.
        headersTimeout: 0,
        bodyTimeout: 0,
        // undici closes the connection after HEAD unless told not to; we send one per blob.
        ...(method === "HEAD" ? { reset: false } : {}),
      });
      this.#watchdog.pause();
      return this.#response(answer);
    } catch (error) {
      this.#end();
      throw this.#failure(error);
    }
  }

  /** undici takes any async iterable; its types name only streams. */
  #body(): Uint8Array | Readable | null {
    if (this.#upload) return this.#upload as AsyncIterable<Uint8Array> as Readable;
    return this.#request.body instanceof Uint8Array ? this.#request.body : null;
  }

  readonly #abort = () => this.#controller.abort();

  #response(answer: Dispatcher.ResponseData): HttpResponse {
    const { method, url } = this.#request;
    return new HttpResponse({
      method,
      url,
      status: answer.statusCode,
      headers: answer.headers,
      body: this.#read(answer.body),
      discard: async () => {
        this.#watchdog.arm(this.#timeouts.stallMs);
        await answer.body.dump({ limit: discardLimitBytes }).catch(() => {});
        this.#end();
      },
    });
  }

  async *#read(body: Dispatcher.ResponseData["body"]): ByteStream {
    const iterator: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
    const pace = new Pace(this.#timeouts.stallMs);
    try {
      for (;;) {
        // Armed only while waiting: a reader that takes its time is not a stall.
        this.#watchdog.arm(this.#timeouts.stallMs);
        const since = performance.now();
        const next = await iterator.next();
        this.#watchdog.pause();
        this.#request.signal?.throwIfAborted();
        if (next.done) return;
        this.#expired ??= pace.problem(performance.now() - since, next.value.byteLength);
        if (this.#expired) throw new Error(this.#expired);
        yield next.value;
      }
    } catch (error) {
      throw this.#failure(error);
    } finally {
      // A reader that stops early leaves bytes on the wire; the connection goes with them.
      body.on("error", () => {});
      body.destroy();
      this.#end();
    }
  }

  #end(): void {
    this.#watchdog.stop();
    this.#request.signal?.removeEventListener("abort", this.#abort);
    this.#upload?.stop();
  }

  /** The reason behind a failure: the caller's abort, the source's error, a stall, or else the network. */
  #failure(error: unknown): unknown {
    const { method, url, signal, via } = this.#request;
    if (signal?.aborted) return signal.reason;
    if (this.#upload?.failure) return this.#upload.failure.error;
    if (this.#expired) return new RegistryError("TIMEOUT", this.#expired, { method, url, cause: error });
    return networkError(error, { method, url, via });
  }
}

/** Explicit, because undici would otherwise send a stream chunked, which some registries and proxies refuse. */
function lengthHeader(body: RequestBody | undefined): Record<string, string> {
  if (body === undefined) return {};
  return { "content-length": String(body instanceof Uint8Array ? body.byteLength : body.size) };
}
