import type { Clock } from "../../../base/clock.ts";
import { hasCode } from "../../../base/errors.ts";
import type { HttpUrl } from "../http/url.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { basicCode, type Credential, type CredentialSource, secretsOf } from "./credentials.ts";
import { checkRealm } from "./realm.ts";
import { mergeScopes, type Scope } from "./scope.ts";
import type { Token, TokenRequest } from "./token.ts";

export interface AuthorizerOptions {
  /** As the user wrote it: the key of the credential. */
  readonly host: string;
  readonly origin: string;
  readonly credentials?: CredentialSource | undefined;
  readonly fetchToken: (request: TokenRequest) => Promise<Token>;
  readonly clock: Clock;
}

interface CachedToken {
  readonly promise: Promise<Token>;
  token?: Token;
}

/**
 * Proves to one registry who the user is, with whatever the registry asks for.
 *
 * Nothing is sent before the registry has asked once. After that every request carries what it asked for, and parallel
 * requests share one token: the cache is keyed by token server and scopes, and a second asker waits for the first.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #tokens = new Map<string, CachedToken>();
  /** Scopes that the registry asked for beyond what we expected, by what we expected. */
  readonly #learned = new Map<string, readonly Scope[]>();
  #challenge: Challenge | undefined;
  #credential: Promise<Credential | undefined> | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The `Authorization` header for a request that needs these scopes; undefined before the registry has asked. */
  async authorization(scopes: readonly Scope[]): Promise<string | undefined> {
    return this.#challenge ? this.#header(this.#challenge, scopes) : undefined;
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
    this.#forget(sent);
    const header = await this.#header(challenge, scopes);
    return header === sent ? undefined : header;
  }

  /** The texts that error messages must not repeat. */
  async secrets(): Promise<readonly string[]> {
    const credential = await this.#credential?.catch(() => undefined);
    const tokens = [...this.#tokens.values()].flatMap(({ token }) => (token ? [token.value] : []));
    return [...secretsOf(credential), ...tokens];
  }

  /** Tells whether there is anything to show for this host. */
  async isAnonymous(): Promise<boolean> {
    return (await this.#getCredential()) === undefined;
  }

  async #header(challenge: Challenge, scopes: readonly Scope[]): Promise<string | undefined> {
    const credential = await this.#getCredential();
    if (challenge.scheme === "basic") {
      if (!credential || !("password" in credential)) return undefined;
      return `Basic ${basicCode(credential.username, credential.password)}`;
    }
    if (credential && "registryToken" in credential) return `Bearer ${credential.registryToken}`;
    const { realm = "", service } = challenge.parameters;
    const url = checkRealm(realm, this.#options.origin);
    const wanted = mergeScopes([...scopes, ...(this.#learned.get(scopes.join(" ")) ?? [])]);
    return `Bearer ${(await this.#token({ realm: url, service, scopes: wanted, credential })).value}`;
  }

  async #token(request: TokenRequest): Promise<Token> {
    const key = cacheKey(request.realm, request.service, request.scopes);
    const cached = this.#tokens.get(key);
    const isStale = cached?.token && cached.token.expiresAt <= this.#options.clock().getTime();
    if (cached && !isStale) return cached.promise;
    const fresh: CachedToken = { promise: this.#options.fetchToken(request) };
    this.#tokens.set(key, fresh);
    try {
      fresh.token = await fresh.promise;
    } catch (error) {
      if (this.#tokens.get(key) === fresh) this.#tokens.delete(key);
      // A later call may find that the user has logged in again.
      if (hasCode(error, "UNAUTHORIZED")) this.#credential = undefined;
      throw error;
    }
    const { identityToken } = fresh.token;
    if (identityToken && request.credential && "identityToken" in request.credential) {
      this.#credential = Promise.resolve({ identityToken });
    }
    return fresh.token;
  }

  #forget(sent: string | undefined): void {
    // By value: somebody else may have replaced the refused token meanwhile, and theirs is still good.
    for (const [key, { token }] of this.#tokens)
      if (token && `Bearer ${token.value}` === sent) this.#tokens.delete(key);
  }

  #learn(scopes: readonly Scope[], asked: readonly Scope[]): void {
    const key = scopes.join(" ");
    this.#learned.set(key, mergeScopes([...(this.#learned.get(key) ?? []), ...asked]));
  }

  #getCredential(): Promise<Credential | undefined> {
    const { credentials, host } = this.#options;
    this.#credential ??= credentials ? credentials(host) : Promise.resolve(undefined);
    // A helper that failed once (locked keychain) is asked again next time.
    this.#credential.catch(() => (this.#credential = undefined));
    return this.#credential;
  }
}

function cacheKey(realm: HttpUrl, service: string | undefined, scopes: readonly Scope[]): string {
  return JSON.stringify([realm.origin, realm.path, service ?? null, ...scopes]);
}
