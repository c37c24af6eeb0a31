import type { Clock } from "../../../base/clock.ts";
import { hasCode } from "../../../base/errors.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { CredentialCache } from "./credential-cache.ts";
import { basicCode, type CredentialSource, secretsOf } from "./credentials.ts";
import { checkRealm } from "./realm.ts";
import { mergeScopes, repositoryOf, type Scope } from "./scope.ts";
import type { Token, TokenRequest } from "./token.ts";
import { TokenCache } from "./token-cache.ts";

export interface AuthorizerOptions {
  /** As the user wrote it: the key of the credential. */
  readonly host: string;
  /** Path below the host, for requests that are about no repository. */
  readonly prefix?: string | undefined;
  readonly origin: string;
  readonly credentials?: CredentialSource | undefined;
  readonly fetchToken: (request: TokenRequest) => Promise<Token>;
  readonly clock: Clock;
}

/**
 * Proves to one registry who the user is, with whatever the registry asks for.
 *
 * Nothing is sent before the registry has asked once. After that every request carries what it asked for, and parallel
 * requests share one token.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #credentials: CredentialCache;
  readonly #tokens: TokenCache;
  /** Scopes that the registry asked for beyond what we expected, by what we expected. */
  readonly #learned = new Map<string, readonly Scope[]>();
  #challenge: Challenge | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    const { host, prefix, credentials, clock } = options;
    this.#credentials = new CredentialCache((repository) => credentials?.(host, repository ?? prefix));
    this.#tokens = new TokenCache({ fetchToken: (request) => this.#fetchToken(request), clock });
  }

  /**
   * The `Authorization` header for a request that needs these scopes; undefined before the registry has asked.
   *
   * @param bodyBytes - length of the request's body: a token that may end before a long one has arrived is renewed.
   */
  async authorization(scopes: readonly Scope[], bodyBytes = 0): Promise<string | undefined> {
    return this.#challenge ? this.#header(this.#challenge, scopes, bodyBytes) : undefined;
  }

  /**
   * Takes in the challenges of a 401.
   *
   * @param sent - the header that was refused, if any.
   * @returns another header worth trying, or undefined when there is none.
   */
  async answer(lines: readonly string[], scopes: readonly Scope[], sent?: string): Promise<string | undefined> {
    const challenges = parseChallenges(lines);
    // Bearer first: with both on offer (Gitea), the password then travels once and not with every request.
    const challenge = ["bearer", "basic"].flatMap(
      (scheme) => challenges.find((each) => each.scheme === scheme) ?? [],
    )[0];
    if (!challenge) return undefined;
    this.#challenge = challenge;
    if (challenge.parameters["scope"]) this.#learn(scopes, challenge.parameters["scope"].split(" "));
    if (sent?.startsWith("Bearer ")) this.#tokens.forget(sent.slice("Bearer ".length));
    const header = await this.#header(challenge, scopes, 0);
    return header === sent ? undefined : header;
  }

  /** The texts that error messages must not repeat. */
  async secrets(): Promise<readonly string[]> {
    return [...(await this.#credentials.known()).flatMap(secretsOf), ...this.#tokens.values()];
  }

  /** Why a request with these scopes could not show what it was asked for, in words; undefined when it could. */
  async shortcoming(scopes: readonly Scope[]): Promise<string | undefined> {
    const credential = await this.#credentials.get(repositoryOf(scopes));
    if (!credential) return "it wants credentials and there are none for it";
    if (this.#challenge?.scheme !== "basic" || "password" in credential) return undefined;
    return "it wants a user name and a password, and there is only a token";
  }

  async #header(challenge: Challenge, scopes: readonly Scope[], bodyBytes: number): Promise<string | undefined> {
    const credential = await this.#credentials.get(repositoryOf(scopes));
    if (challenge.scheme === "basic") {
      if (!credential || !("password" in credential)) return undefined;
      return `Basic ${basicCode(credential.username, credential.password)}`;
    }
    if (credential && "registryToken" in credential) return `Bearer ${credential.registryToken}`;
    const { realm = "", service } = challenge.parameters;
    const registry = this.#options.origin;
    const url = checkRealm(realm, registry);
    const wanted = mergeScopes([...scopes, ...(this.#learned.get(scopes.join(" ")) ?? [])]);
    const token = await this.#tokens.get({ registry, realm: url, service, scopes: wanted, credential }, bodyBytes);
    return `Bearer ${token.value}`;
  }

  async #fetchToken(request: TokenRequest): Promise<Token> {
    const { fetchToken } = this.#options;
    try {
      if (!request.credential || !("identityToken" in request.credential)) return await fetchToken(request);
      return await this.#credentials.refresh(request.credential.identityToken, async (identityToken) => {
        const token = await fetchToken({ ...request, credential: { identityToken } });
        return { result: token, next: token.identityToken };
      });
    } catch (error) {
      // A later call may find that the user has logged in again.
      if (hasCode(error, "UNAUTHORIZED")) this.#credentials.clear();
      throw error;
    }
  }

  #learn(scopes: readonly Scope[], asked: readonly Scope[]): void {
    const key = scopes.join(" ");
    this.#learned.set(key, mergeScopes([...(this.#learned.get(key) ?? []), ...asked]));
  }
}
