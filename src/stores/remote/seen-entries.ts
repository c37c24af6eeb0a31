import type { Digest } from "../../base/digest.ts";
import { referrerLimit } from "../../base/limits.ts";
import type { Descriptor } from "../../oci/descriptor.ts";

/** Entries of one list as one writer has seen them, so that it can put back what others overwrite. */
export class SeenEntries {
  readonly #seen = new Map<Digest, Descriptor>();
  readonly #confirmed = new Set<Digest>();
  readonly #exists: (entry: Descriptor) => Promise<boolean>;

  constructor(exists: (entry: Descriptor) => Promise<boolean>) {
    this.#exists = exists;
  }

  /** Notes what is listed; no more than readers of a list look at, as a registry may list something else each time. */
  note(listed: readonly Descriptor[]): void {
    for (const entry of listed) {
      if (this.#seen.has(entry.digest) || this.#seen.size < referrerLimit) this.#seen.set(entry.digest, entry);
    }
  }

  forget(digest: Digest): void {
    this.#seen.delete(digest);
  }

  /** What was listed before and is not any more. */
  lost(listed: readonly Descriptor[]): readonly Descriptor[] {
    const digests = new Set(listed.map(({ digest }) => digest));
    return [...this.#seen.values()].filter(({ digest }) => !digests.has(digest));
  }

  /**
   * Asks the registry once for each lost entry and forgets those whose manifest is gone: whoever deletes a referrer
   * deletes its manifest before the entry.
   *
   * @returns false when there was nothing to ask for.
   */
  async confirm(lost: readonly Descriptor[]): Promise<boolean> {
    const unconfirmed = lost.filter(({ digest }) => !this.#confirmed.has(digest));
    const check = async (entry: Descriptor) => {
      if (await this.#exists(entry)) this.#confirmed.add(entry.digest);
      else this.#seen.delete(entry.digest);
    };
    await Promise.all(unconfirmed.map(check));
    return unconfirmed.length > 0;
  }
}
