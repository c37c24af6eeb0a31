import type { CallOptions, Registry } from "../../oci/content.ts";
import { lockWaitMs } from "./limits.ts";
import { RelationCache } from "./manifests.ts";
import { LayoutRepository } from "./repository.ts";
import { findLayouts } from "./walk.ts";

export interface LayoutRegistryOptions {
  /** Directory that holds the layouts. Made by the first push. */
  readonly root: string;
  /** How long a writer waits for other processes before it says LOCKED; in milliseconds, default 30,000. */
  readonly lockWaitMs?: number;
}

/** A directory of OCI image layouts, one per repository: the embedded store, and the shape of zot's storage root. */
export class LayoutRegistry implements Registry {
  readonly location: string;
  readonly #options: Required<LayoutRegistryOptions>;
  readonly #cache = new RelationCache();
  readonly #repositories = new Map<string, LayoutRepository>();

  constructor(options: LayoutRegistryOptions) {
    this.location = `oci:${options.root}`;
    this.#options = { lockWaitMs, ...options };
  }

  /**
   * @throws {@link InvalidInputError} `INVALID_REFERENCE`, also for names such as `a/blobs` that a layout needs itself.
   */
  repository(name: string): LayoutRepository {
    const known = this.#repositories.get(name);
    if (known) return known;
    // One object per name: its writers queue up in order instead of competing for the lock file.
    const repository = new LayoutRepository(name, { ...this.#options, cache: this.#cache });
    this.#repositories.set(name, repository);
    return repository;
  }

  async *repositories(options?: CallOptions): AsyncIterable<string> {
    options?.signal?.throwIfAborted();
    yield* findLayouts(this.#options.root, options?.signal);
  }

  async close(): Promise<void> {}
}
