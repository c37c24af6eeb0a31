import type { Clock } from "../../../base/clock.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { Scope } from "../auth/scope.ts";
import { untilAborted } from "./abort.ts";
import type { RegistryError } from "./error.ts";
import type { HttpRequest, RequestBody } from "./exchange.ts";
import { followRedirects } from "./redirect.ts";
import { refusal } from "./refusal.ts";
import type { HttpResponse } from "./response.ts";
import { isRetryable, type RetryPolicy } from "./retry.ts";
import type { Transport } from "./transport.ts";
import type { HttpUrl } from "./url.ts";
import type { WarningCollector } from "./warnings.ts";

export interface RegistryRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** On the registry's own origin. */
  readonly url: HttpUrl;
  readonly scopes: readonly Scope[];
  /** Sent instead of what the registry asked for; empty: none. Its 401 is then final. */
  readonly authorization?: string;
  /** Statuses that are success; every other one is thrown. */
  readonly expect: readonly number[];
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent once: whoever has the source starts over. Bytes are sent again as needed. */
  readonly body?: RequestBody;
  readonly signal?: AbortSignal | undefined;
  /** The answer will be poured; only for GET. Names where an earlier such request was sent on to, if it was. */
  readonly content?: ContentRequest | undefined;
}

export interface ContentRequest {
  /**
   * Where a redirect to another origin led the last time. Asked first, without authorization; a refusal, as of a
   * signature that is over, leads back to the registry.
   */
  readonly at?: HttpUrl | undefined;
  /** Told each time the registry, or the storage behind it, is asked again after 429 or 503. */
  readonly onBusy?: (() => void) | undefined;
}

export interface ClientParts {
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly warnings: WarningCollector;
}

/** Talks to one registry: authorization, redirects, retries and errors, composed here and nowhere else. */
export class RegistryClient {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  get retry(): RetryPolicy {
    return this.#parts.retry;
  }

  /** Tells whether the same request is worth another attempt. */
  isRetryable(error: unknown, method: string): error is RegistryError {
    return isRetryable(error, method, this.#parts.transport.hasAnswered);
  }

  /**
   * Sends a request, again where that is safe, until it succeeds. The caller reads the answer's body or discards it.
   *
   * @throws {@link RegistryError}.
   */
  async send(request: RegistryRequest): Promise<HttpResponse> {
    const { content } = request;
    for (let attempt = 0; ; attempt++) {
      try {
        // What failed once may have moved: the registry is asked.
        return await this.#attempt(
          attempt === 0 || !content ? request : { ...request, content: { ...content, at: undefined } },
        );
      } catch (error) {
        if (error instanceof NoTokenError) throw error.cause;
        const isLast = attempt >= this.#parts.retry.retries || isStream(request.body);
        if (isLast || !this.isRetryable(error, request.method)) throw error;
        if (error.status === 429 || error.status === 503) content?.onBusy?.();
        await this.#parts.retry.wait(attempt, error, request.signal);
      }
    }
  }

  async #attempt(request: RegistryRequest): Promise<HttpResponse> {
    const { authorizer, warnings } = this.#parts;
    const { scopes, signal } = request;
    signal?.throwIfAborted();
    if (request.authorization !== undefined) return this.#attemptWith(request, request.authorization);
    const stored = request.content?.at && (await this.#attemptAt(request, request.content.at));
    if (stored) return stored;
    const sent = await untilAborted(authorizer.authorization(scopes, lengthOf(request.body)), signal).catch(noToken);
    let response = await this.#exchange(request, sent);
    // A 401 from another origin is not the registry asking: its challenge is never answered.
    if (response.status === 401 && response.url.origin === request.url.origin) {
      const header = await this.#answerChallenges(response, request, sent);
      if (header !== undefined && !isStream(request.body)) {
        await response.discard();
        response = await this.#exchange(request, header);
      }
    }
    if (!request.expect.includes(response.status)) throw await this.#refusal(response, scopes);
    warnings.collect(response);
    return response;
  }

  async #attemptWith(request: RegistryRequest, authorization: string): Promise<HttpResponse> {
    const response = await this.#exchange(request, authorization || undefined);
    if (request.expect.includes(response.status)) return response;
    throw await this.#refusal(response, request.scopes, authorization.replace(/^\S+ /, ""));
  }

  /** @returns undefined when the registry is to be asked again: the address is no longer good. */
  async #attemptAt(request: RegistryRequest, at: HttpUrl): Promise<HttpResponse | undefined> {
    const response = await this.#exchange({ ...request, url: at }, undefined);
    if (request.expect.includes(response.status)) return response;
    if (response.status >= 500 || response.status === 429) throw await this.#refusal(response, []);
    await response.discard();
    return undefined;
  }

  /**
   * When there is no answer to be had, the 401 is let go of: an unread body would hold its connection, and the process.
   */
  async #answerChallenges(response: HttpResponse, { scopes, signal }: RegistryRequest, sent: string | undefined) {
    const challenges = response.headerLines("www-authenticate");
    try {
      return await untilAborted(this.#parts.authorizer.answer(challenges, scopes, sent), signal).catch(noToken);
    } catch (error) {
      await response.discard();
      throw error;
    }
  }

  #exchange(request: RegistryRequest, authorization: string | undefined): Promise<HttpResponse> {
    const { method, url, body, signal } = request;
    const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) };
    const http: HttpRequest = { method, url, headers, body, signal };
    const { transport } = this.#parts;
    return followRedirects(http, (each) => (request.content ? transport.receive(each) : transport.send(each)));
  }

  async #refusal(response: HttpResponse, scopes: readonly Scope[], secret = ""): Promise<RegistryError> {
    const { authorizer, clock } = this.#parts;
    return refusal(response, {
      clock,
      secrets: [...(await authorizer.secrets()), secret],
      note: response.status === 401 ? await authorizer.shortcoming(scopes) : undefined,
    });
  }
}

/** No token was to be had. It has been asked for as often as that is worth; the request is not tried again for it. */
class NoTokenError extends Error {}

function noToken(cause: unknown): never {
  throw new NoTokenError("no token", { cause });
}

function lengthOf(body: RequestBody | undefined): number {
  if (body === undefined) return 0;
  return body instanceof Uint8Array ? body.byteLength : body.size;
}

function isStream(body: RequestBody | undefined): boolean {
  return body !== undefined && "stream" in body;
}
