import type { Credential } from "./credentials.ts";

/** The credentials of one registry by repository, each looked up once: a lookup may start a program. */
export class CredentialCache {
  readonly #find: (repository: string | undefined) => Promise<Credential | undefined> | undefined;
  readonly #found = new Map<string | undefined, Promise<Credential | undefined>>();
  /** What each refresh token has been replaced by. */
  readonly #next = new Map<string, string>();
  #refreshes: Promise<unknown> = Promise.resolve();

  constructor(find: (repository: string | undefined) => Promise<Credential | undefined> | undefined) {
    this.#find = find;
  }

  get(repository: string | undefined): Promise<Credential | undefined> {
    const existing = this.#found.get(repository);
    if (existing) return existing;
    const found = this.#find(repository) ?? Promise.resolve(undefined);
    this.#found.set(repository, found);
    // A helper that failed once (locked keychain) is asked again next time.
    found.catch(() => {
      if (this.#found.get(repository) === found) this.#found.delete(repository);
    });
    return found;
  }

  /** Every credential that was found. */
  async known(): Promise<readonly Credential[]> {
    const all = await Promise.all([...this.#found.values()].map((found) => found.catch(() => undefined)));
    const renewed = [...this.#next].flat().map((identityToken) => ({ identityToken }));
    return [...all.flatMap((credential) => credential ?? []), ...renewed];
  }

  clear(): void {
    this.#found.clear();
  }

  /**
   * Uses the present successor of a refresh token. One at a time: a server that hands out a new one with every use
   * takes the second use of the old one for theft, and ends them all.
   */
  refresh<T>(
    token: string,
    use: (token: string) => Promise<{ readonly result: T; readonly next: string | undefined }>,
  ): Promise<T> {
    const turn = this.#refreshes.then(async () => {
      let present = token;
      for (let next = this.#next.get(present); next !== undefined; next = this.#next.get(present)) present = next;
      const { result, next } = await use(present);
      // A server that returns to an older one must not close the chain into a circle.
      if (next !== undefined && next !== present) {
        this.#next.delete(next);
        this.#next.set(present, next);
      }
      return result;
    });
    this.#refreshes = turn.catch(() => {});
    return turn;
  }
}
