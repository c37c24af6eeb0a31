import type { CallOptions, Registry } from "../../oci/content.ts";
import { checkRepositoryName } from "../../oci/reference.ts";
import { MemoryRepository } from "./repository.ts";

/** A registry in memory. */
export class MemoryRegistry implements Registry {
  readonly location = "memory:";
  readonly #repositories = new Map<string, MemoryRepository>();

  repository(name: string): MemoryRepository {
    checkRepositoryName(name);
    const existing = this.#repositories.get(name);
    if (existing) return existing;
    const created = new MemoryRepository(name, (sibling) => this.#repositories.get(sibling));
    this.#repositories.set(name, created);
    return created;
  }

  async *repositories(options?: CallOptions): AsyncIterable<string> {
    options?.signal?.throwIfAborted();
    yield* [...this.#repositories.keys()];
  }

  async close(): Promise<void> {}
}
