import type { Clock } from "../../../base/clock.ts";
import type { Token, TokenRequest } from "./token.ts";

/** How fast a body is assumed to travel: 4 MiB/s, so that 1 GiB wants a token that is good for four minutes. */
const bodyBytesPerMs = (4 * 1024 * 1024) / 1_000;

/** A token with more than this part of its life before it is not renewed: the next one would hardly last longer. */
const freshPart = 0.75;

interface Entry {
  readonly promise: Promise<Token>;
  token?: Token;
}

export interface TokenCacheOptions {
  readonly fetchToken: (request: TokenRequest) => Promise<Token>;
  readonly clock: Clock;
}

/** Tokens of one registry, by token server and scopes. Whoever asks while one is on its way waits for that one. */
export class TokenCache {
  readonly #options: TokenCacheOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: TokenCacheOptions) {
    this.#options = options;
  }

  /** @param bodyBytes - of the request that the token is for. */
  async get(request: TokenRequest, bodyBytes: number): Promise<Token> {
    const key = keyOf(request);
    const cached = this.#entries.get(key);
    if (cached && !(cached.token && this.#isSpent(cached.token, bodyBytes))) return cached.promise;
    const fresh: Entry = { promise: this.#renew(request, cached?.token) };
    this.#entries.set(key, fresh);
    try {
      fresh.token = await fresh.promise;
      return fresh.token;
    } catch (error) {
      if (this.#entries.get(key) === fresh) this.#entries.delete(key);
      throw error;
    }
  }

  async #renew(request: TokenRequest, old: Token | undefined): Promise<Token> {
    try {
      return await this.#options.fetchToken(request);
    } catch (error) {
      // Renewed early, for safety's sake: the old one is still good, and may even last.
      if (old && !this.#isSpent(old, 0)) return old;
      throw error;
    }
  }

  /** Drops a token by its value: somebody else may have replaced it meanwhile, and theirs is still good. */
  forget(value: string): void {
    for (const [key, { token }] of this.#entries) if (token?.value === value) this.#entries.delete(key);
  }

  values(): readonly string[] {
    return [...this.#entries.values()].flatMap(({ token }) => (token ? [token.value] : []));
  }

  #isSpent({ expiresAt, lifeMs }: Token, bodyBytes: number): boolean {
    const leftMs = expiresAt - this.#options.clock().getTime();
    return leftMs <= 0 || (leftMs < bodyBytes / bodyBytesPerMs && leftMs < lifeMs * freshPart);
  }
}

function keyOf({ realm, service, scopes }: TokenRequest): string {
  return JSON.stringify([realm.origin, realm.path, service ?? null, ...scopes]);
}
