import { Budget } from "../base/budget.ts";
import { mapConcurrent } from "../base/concurrency.ts";
import type { Digest } from "../base/digest.ts";
import { ContentError, hasCode, type MregError } from "../base/errors.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "./content.ts";
import { type Descriptor, identity } from "./descriptor.ts";
import { fetchManifest } from "./fetch-manifest.ts";
import { graphNodeLimit } from "./limits.ts";
import { isManifestType } from "./media-types.ts";

/** Reads at a time. */
const concurrency = 4;

/** Something that is not as it should be. */
export interface ContentProblem {
  /** The tag or digest that could not be read. */
  readonly what: string;
  /** The tag or digest that names it; absent for a tag. */
  readonly namedBy?: string;
  /** Code of the store's error, such as `NOT_FOUND` or `DIGEST_MISMATCH`. */
  readonly code: string;
  readonly message: string;
}

export interface ContentCheck {
  readonly manifests: number;
  readonly blobs: number;
  /** Read and verified. */
  readonly bytes: number;
  readonly problems: readonly ContentProblem[];
}

/**
 * Reads everything that the tags of a repository lead to, referrers included, and verifies every byte.
 *
 * It goes on after a problem, so that all are found at once. What no tag leads to is not looked at.
 *
 * @throws what says nothing about the content: network, credentials, cancellation.
 */
export async function checkContents(store: ReadOnlyGraphTarget, options: CallOptions = {}): Promise<ContentCheck> {
  const check = new Check(store, options);
  let wave = await check.tagged();
  while (wave.length > 0) wave = await check.manifests(wave);
  return check.result();
}

interface Named {
  readonly descriptor: Descriptor;
  readonly namedBy: string;
}

class Check {
  readonly #store: ReadOnlyGraphTarget;
  readonly #options: CallOptions;
  readonly #budget = new Budget(concurrency);
  readonly #seen = new Set<Digest>();
  readonly #problems: ContentProblem[] = [];
  #manifests = 0;
  #blobs = 0;
  #bytes = 0;

  constructor(store: ReadOnlyGraphTarget, options: CallOptions) {
    this.#store = store;
    this.#options = options;
  }

  async tagged(): Promise<readonly Named[]> {
    const tags: string[] = [];
    for await (const tag of this.#store.tags(this.#options)) tags.push(tag);
    const found = await this.#each(tags, async (tag, signal) => {
      const descriptor = await this.#read({ what: tag }, () => this.#store.resolve(tag, { signal }));
      return descriptor ? [{ descriptor, namedBy: tag }] : [];
    });
    return this.#fresh(found.flat());
  }

  /** @returns the manifests that these name, or that refer to them. */
  async manifests(wave: readonly Named[]): Promise<readonly Named[]> {
    return this.#fresh((await this.#each(wave, (named, signal) => this.#manifest(named, signal))).flat());
  }

  result(): ContentCheck {
    return { manifests: this.#manifests, blobs: this.#blobs, bytes: this.#bytes, problems: this.#problems };
  }

  async #manifest({ descriptor, namedBy }: Named, signal: AbortSignal): Promise<readonly Named[]> {
    const target = identity(descriptor);
    const { digest } = target;
    const manifest = await this.#read({ what: digest, namedBy }, () => fetchManifest(this.#store, target, { signal }));
    const next: Named[] = [];
    if (manifest) {
      this.#manifests++;
      this.#bytes += target.size;
      const isIndex = manifest.kind === "index";
      const named = isIndex ? manifest.value.manifests : [manifest.value.config, ...manifest.value.layers];
      const isChild = (each: Descriptor) => isIndex && isManifestType(each.mediaType);
      next.push(...named.filter(isChild).map((each) => ({ descriptor: each, namedBy: digest })));
      const blobs = this.#fresh(
        named.filter((each) => !isChild(each)).map((each) => ({ descriptor: each, namedBy: digest })),
      );
      await mapConcurrent(blobs, concurrency, (blob, inner) => this.#blob(blob, inner), signal);
    }
    await this.#read({ what: `referrers of ${digest}`, namedBy }, async () => {
      for await (const referrer of this.#store.referrers(target, { signal })) {
        if (isManifestType(referrer.mediaType)) next.push({ descriptor: referrer, namedBy: `referrers of ${digest}` });
      }
    });
    return next;
  }

  async #blob({ descriptor, namedBy }: Named, signal: AbortSignal): Promise<void> {
    const isForeign = Array.isArray(descriptor["urls"]) && descriptor["urls"].length > 0;
    if (isForeign && !(await this.#store.exists(descriptor, { signal }))) return;
    await this.#read({ what: descriptor.digest, namedBy }, () =>
      this.#budget.run(async () => {
        let bytes = 0;
        for await (const chunk of this.#store.fetch(descriptor, { signal })) bytes += chunk.byteLength;
        this.#bytes += bytes;
        this.#blobs++;
      }),
    );
  }

  /** A fault of the content is noted; everything else ends the check. */
  async #read<T>(at: Pick<ContentProblem, "what" | "namedBy">, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!isContentFault(error)) throw error;
      this.#problems.push({ ...at, code: error.code, message: error.message });
      return undefined;
    }
  }

  #fresh(named: readonly Named[]): readonly Named[] {
    const fresh = named.filter(({ descriptor: { digest } }) => !this.#seen.has(digest) && this.#seen.add(digest));
    if (this.#seen.size <= graphNodeLimit) return fresh;
    throw new ContentError("LIMIT_EXCEEDED", `more than ${graphNodeLimit} manifests and blobs to check`);
  }

  #each<In, Out>(items: readonly In[], work: (item: In, signal: AbortSignal) => Promise<Out>): Promise<Out[]> {
    return mapConcurrent(items, concurrency, work, this.#options.signal);
  }
}

function isContentFault(error: unknown): error is MregError {
  return hasCode(error, ...contentFaults);
}

const contentFaults = [
  "NOT_FOUND",
  "DIGEST_MISMATCH",
  "SIZE_MISMATCH",
  "TRAILING_DATA",
  "INVALID_MANIFEST",
  "INVALID_DESCRIPTOR",
  "INVALID_DIGEST",
  "BAD_RESPONSE",
] as const;
