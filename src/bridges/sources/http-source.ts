import { setTimeout as wait } from "node:timers/promises";
import type { z } from "zod";
import { type ByteStream, collect } from "../../base/bytes.ts";
import { parseStrictJson } from "../../base/json.ts";
import { documentLimitBytes, errorBodyLimitBytes } from "../../base/limits.ts";
import { schemaProblems } from "../../base/schema-problems.ts";
import type { CallOptions } from "../../oci/content.ts";
import { SourceError } from "./errors.ts";

/** The `fetch` of the platform, or one with proxies and certificate authorities of its own. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpSourceOptions {
  /** For people: `MLflow server`. */
  readonly name: string;
  /** Origin, and a path when the server has one; HTTPS, or HTTP on any host the user has named. */
  readonly address: string;
  /** Value of the Authorization header; goes to the address's own origin and nowhere else. */
  readonly authorization?: string | undefined;
  readonly fetch: Fetch;
  /** Pause before the second attempt, in milliseconds; it doubles. Default 500. */
  readonly pauseMs?: number | undefined;
}

export interface HttpSourceRequest extends CallOptions {
  /** Path below the address, or an absolute URL that the server has named. */
  readonly url: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly method?: "GET" | "POST";
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses beside 200 that the caller can go on from; the answer is then `undefined`. */
  readonly absent?: readonly number[];
}

const attempts = 4;
const redirects = 5;
/** Longest wait that a server may ask for. */
const longestPauseMs = 30_000;

/** One server that models are brought from: authorization, redirects, retries and limits, in one place. */
export class HttpSource {
  readonly #options: HttpSourceOptions;
  readonly #origin: string;

  /** @throws {@link SourceError} `SOURCE_UNSUPPORTED` for an address that is not HTTP, or has credentials in it. */
  constructor(options: HttpSourceOptions) {
    const url = URL.canParse(options.address) ? new URL(options.address) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) {
      throw unsupported(`the address of the ${options.name} is not http or https`);
    }
    if (url.username || url.password) throw unsupported(`the address of the ${options.name} has a user name in it`);
    this.#options = options;
    this.#origin = url.origin;
  }

  /** Origin alone: what may be written down. */
  get origin(): string {
    return this.#origin;
  }

  /** Asks for JSON. @returns undefined for a status that the request counts as absent. */
  async json<Schema extends z.ZodType>(
    request: HttpSourceRequest,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined> {
    const response = await this.#send(request);
    if (!response) return undefined;
    const bytes = await collect(this.#guarded(response, request), documentLimitBytes);
    let value: unknown;
    try {
      value = parseStrictJson(bytes);
    } catch (cause) {
      throw this.invalid(`its answer is not JSON: ${(cause as Error).message}`, cause);
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw this.invalid(`its answer is not as its API describes: ${schemaProblems(parsed.error)}`);
  }

  /** Opens content. @returns undefined for a status that the request counts as absent. */
  async content(
    request: HttpSourceRequest,
  ): Promise<{ readonly body: ByteStream; readonly size?: number } | undefined> {
    const response = await this.#send(request);
    if (!response) return undefined;
    const length = response.headers.get("content-length");
    // Of a compressed body the length is that of what was sent, and not of what is read.
    const isPlain = (response.headers.get("content-encoding") ?? "identity") === "identity";
    const size = isPlain && /^[0-9]{1,15}$/.test(length ?? "") ? { size: Number(length) } : {};
    return { body: this.#guarded(response, request), ...size };
  }

  invalid(reason: string, cause?: unknown): SourceError {
    return new SourceError("SOURCE_INVALID", `the ${this.#options.name} cannot be used: ${reason}`, { cause });
  }

  async #send(request: HttpSourceRequest): Promise<Response | undefined> {
    const { signal } = request;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const { failure, response, pauseMs } = await this.#attempt(request, attempt);
      if (response) return response;
      if (!failure) return undefined;
      if (failure.code !== "SOURCE_UNAVAILABLE" || attempt >= attempts) throw failure;
      await wait(pauseMs, undefined, { signal: signal ?? undefined }).catch(() => signal?.throwIfAborted());
    }
  }

  async #attempt(request: HttpSourceRequest, attempt: number) {
    const pauseMs = (this.#options.pauseMs ?? 500) * 2 ** (attempt - 1);
    let response: Response;
    try {
      response = await this.#follow(request);
    } catch (cause) {
      request.signal?.throwIfAborted();
      if (cause instanceof SourceError) return { failure: cause, pauseMs };
      const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
      const message = `the ${this.#options.name} at ${this.#origin} does not answer: ${reason}`;
      return { failure: new SourceError("SOURCE_UNAVAILABLE", message, { cause }), pauseMs };
    }
    if (response.ok) return { response, pauseMs };
    if (request.absent?.includes(response.status)) {
      await response.body?.cancel();
      return { pauseMs };
    }
    const asked = Number(response.headers.get("retry-after") ?? 0) * 1_000;
    return {
      failure: await this.#refusal(response),
      pauseMs: Math.max(pauseMs, Math.min(Number.isFinite(asked) ? asked : 0, longestPauseMs)),
    };
  }

  /** Redirects are followed here, because the platform's own way would carry other headers along. */
  async #follow({ url, query = {}, method = "GET", json, headers, signal }: HttpSourceRequest): Promise<Response> {
    const { address, authorization, fetch } = this.#options;
    let target = new URL(/^https?:/.test(url) ? url : `${address.replace(/\/+$/, "")}${url}`);
    for (const [key, value] of Object.entries(query)) if (value !== undefined) target.searchParams.set(key, value);
    for (let hop = 0; hop <= redirects; hop++) {
      const isOwn = target.origin === this.#origin;
      const response = await fetch(target.href, {
        method,
        redirect: "manual",
        headers: {
          ...headers,
          "accept-encoding": "identity",
          ...(authorization && isOwn ? { authorization } : {}),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        signal: signal ?? null,
      });
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) return response;
      await response.body?.cancel();
      if (method !== "GET") throw this.invalid(`it redirects a ${method} request`);
      const next = URL.canParse(location, target.href) ? new URL(location, target.href) : undefined;
      const isSafe = next?.protocol === "https:" || (next?.protocol === "http:" && target.protocol === "http:");
      if (!next || !isSafe) throw this.invalid("it redirects to an address that is not https");
      target = next;
    }
    throw this.invalid(`it redirects more than ${redirects} times`);
  }

  async #refusal(response: Response): Promise<SourceError> {
    const { status } = response;
    const said = await this.#words(response);
    const text = `the ${this.#options.name} at ${this.#origin} answers ${status}${said ? `: ${said}` : ""}`;
    if (status === 401 || status === 403) return new SourceError("SOURCE_REFUSED", text, { status });
    if (status === 404) return new SourceError("SOURCE_NOT_FOUND", text, { status });
    const mayPass = status === 408 || status === 429 || status >= 500;
    return new SourceError(mayPass ? "SOURCE_UNAVAILABLE" : "SOURCE_INVALID", text, { status });
  }

  /** What the server says, on one line. The Authorization header is never echoed: it is not asked for its own words. */
  async #words(response: Response): Promise<string> {
    try {
      const text = Buffer.from(await collect(bodyOf(response), errorBodyLimitBytes)).toString("utf8");
      const secret = this.#options.authorization?.replace(/^\S+ /, "");
      const clean = secret ? text.replaceAll(secret, "[redacted]") : text;
      return clean
        .replaceAll(/[\p{Cc}\s]+/gu, " ")
        .trim()
        .slice(0, 300);
    } catch {
      return "";
    }
  }

  /** A body that breaks off is the source's failure, unless the caller has had enough of it. */
  async *#guarded(response: Response, { signal }: CallOptions): ByteStream {
    try {
      yield* bodyOf(response);
    } catch (cause) {
      signal?.throwIfAborted();
      const reason = `the ${this.#options.name} at ${this.#origin} broke off: ${(cause as Error).message}`;
      throw new SourceError("SOURCE_UNAVAILABLE", reason, { cause });
    }
  }
}

async function* bodyOf(response: Response): ByteStream {
  if (response.body) yield* response.body as unknown as ByteStream;
}

function unsupported(reason: string): SourceError {
  return new SourceError("SOURCE_UNSUPPORTED", reason);
}
