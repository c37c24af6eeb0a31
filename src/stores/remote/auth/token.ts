import type { Clock } from "../../../base/clock.ts";
import { numberAt, objectAt, optionalAt, readQuietly, textAt } from "../../../base/shape.ts";
import { RegistryError } from "../http/error.ts";
import type { HttpRequest } from "../http/exchange.ts";
import { followRedirects } from "../http/redirect.ts";
import { refusal } from "../http/refusal.ts";
import type { HttpResponse } from "../http/response.ts";
import { isRetryable, type RetryPolicy } from "../http/retry.ts";
import { type HttpUrl, withQuery } from "../http/url.ts";
import { tokenLimitBytes } from "../limits.ts";
import { basicCode, type Credential, secretsOf } from "./credentials.ts";
import { checkTokenRedirect } from "./realm.ts";
import type { Scope } from "./scope.ts";

/** A Bearer token and when to stop using it, in milliseconds since the epoch. */
export interface Token {
  readonly value: string;
  readonly expiresAt: number;
  /** From when it was given until {@link expiresAt}, in milliseconds. */
  readonly lifeMs: number;
  /** The refresh token to use next time, where the server rotates them. */
  readonly identityToken?: string;
}

export interface TokenRequest {
  /** Origin of the registry that asked for it. */
  readonly registry: string;
  readonly realm: HttpUrl;
  readonly service: string | undefined;
  readonly scopes: readonly Scope[];
  readonly credential: Exclude<Credential, { registryToken: string }> | undefined;
}

export interface TokenServerOptions {
  readonly send: (request: HttpRequest) => Promise<HttpResponse>;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
}

/** distribution's token specification: a server that says nothing means 60 seconds. */
const defaultLifeSeconds = 60;
/** olareg announces nanoseconds (3e11); a day is longer than any real token. */
const lifeLimitSeconds = 24 * 60 * 60;
/** Given up this long before it expires, so that a request does not arrive with a dead token; as in regclient. */
const marginSeconds = 5;

function tokenAnswerAt(json: unknown) {
  const fields = objectAt(json, "");
  const text = (name: string) => optionalAt(fields[name], name, textAt);
  return {
    token: text("token"),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    expiresIn: optionalAt(fields["expires_in"], "expires_in", numberAt),
  };
}

/**
 * Asks a token server: GET with Basic or nothing, or an OAuth2 POST when there is a refresh token.
 *
 * @see {@link https://distribution.github.io/distribution/spec/auth/token/}
 * @see {@link https://distribution.github.io/distribution/spec/auth/oauth/}
 */
export async function fetchToken(request: TokenRequest, options: TokenServerOptions): Promise<Token> {
  const http = httpRequest(request);
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await followRedirects(http, (each) => {
        checkTokenRedirect(each.url, request.registry);
        return options.send(each);
      });
      if (response.status !== 200) throw await refused(response, request, options.clock);
      return await readToken(response, options.clock);
    } catch (error) {
      if (attempt >= options.retry.retries || !isRetryable(error, http.method, false)) throw error;
      await options.retry.wait(attempt, error);
    }
  }
}

function httpRequest({ realm, service, scopes, credential }: TokenRequest): HttpRequest {
  if (credential && "identityToken" in credential) {
    const form = new URLSearchParams({ grant_type: "refresh_token", client_id: "mreg" });
    if (service !== undefined) form.set("service", service);
    if (scopes.length > 0) form.set("scope", scopes.join(" "));
    form.set("refresh_token", credential.identityToken);
    const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
    return { method: "POST", url: realm, headers, body: Buffer.from(form.toString()) };
  }
  let url = realm;
  if (service !== undefined) url = withQuery(url, "service", service);
  for (const scope of scopes) url = withQuery(url, "scope", scope);
  if (!credential) return { method: "GET", url, headers: { accept: "application/json" } };
  const { username, password } = credential;
  url = withQuery(url, "account", username);
  return {
    method: "GET",
    url,
    headers: { accept: "application/json", authorization: `Basic ${basicCode(username, password)}` },
  };
}

/**
 * With credentials any refusal is about them: OAuth2 servers answer a bad refresh token with 400 `invalid_grant`, and
 * olareg answers a wrong password with 403.
 */
async function refused(response: HttpResponse, { credential }: TokenRequest, clock: Clock): Promise<RegistryError> {
  const { method, url, status } = response;
  // A token server without OAuth2 has nothing at all for a POST.
  const isNoOauth = method === "POST" && (status === 404 || status === 405);
  const isRefusal = status === 401 || status === 403 || (status === 400 && credential !== undefined) || isNoOauth;
  const note = isNoOauth
    ? "the token server takes no identity tokens, expected a user name and a password"
    : credential
      ? "the token server refused the credentials"
      : "the token server wants credentials";
  const cause = await refusal(response, {
    clock,
    secrets: secretsOf(credential),
    note: isRefusal ? note : "the token server gave no token",
  });
  const { isTemporary, retryAfterMs } = cause;
  return new RegistryError(
    isRefusal ? "UNAUTHORIZED" : cause.code,
    cause.message.slice(`${method} ${cause.url}: `.length),
    // No status: a 404 from here would be taken for the registry's word that there is no such content.
    { method, url, isTemporary, cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  );
}

async function readToken(response: HttpResponse, clock: Clock): Promise<Token> {
  const answer = readQuietly(await response.json(tokenLimitBytes), tokenAnswerAt);
  const value = answer?.accessToken || answer?.token;
  // Visible ASCII only: anything else would be refused, or worse split, as a header.
  if (!answer || !value || !/^[\x21-\x7e]+$/.test(value)) {
    throw response.error("BAD_RESPONSE", "the token server answered without a usable token");
  }
  const { expiresIn: life, refreshToken: identityToken } = answer;
  const seconds = Math.min(Math.max(life ?? defaultLifeSeconds, defaultLifeSeconds), lifeLimitSeconds);
  const lifeMs = (seconds - marginSeconds) * 1_000;
  return { value, expiresAt: clock().getTime() + lifeMs, lifeMs, ...(identityToken ? { identityToken } : {}) };
}
