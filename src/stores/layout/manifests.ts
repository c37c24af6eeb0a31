import { collect } from "../../base/bytes.ts";
import type { Digest } from "../../base/digest.ts";
import { ContentError, hasCode } from "../../base/errors.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { InvalidInputError } from "../../oci/errors.ts";
import { graphDepthLimit, graphNodeLimit } from "../../oci/limits.ts";
import { checkManifestSize, parseManifest } from "../../oci/manifest.ts";
import { isIndexType, isManifestType } from "../../oci/media-types.ts";
import type { LayoutBlobs } from "./blobs.ts";
import { type IndexEntry, manifestOf } from "./entries.ts";
import { manifestCacheLimitBytes } from "./limits.ts";

/** What a manifest says about its place in the graph. */
interface Relation {
  /** As a referrers list shows it: with artifact type and annotations. */
  readonly descriptor: Descriptor;
  readonly subject: Digest | undefined;
  /** What an index lists; empty for an image manifest. */
  readonly children: readonly Descriptor[];
}

/** Remembers relations by digest; content that has a digest never changes. The oldest are forgotten first. */
export class RelationCache {
  readonly #relations = new Map<Digest, Relation>();
  #bytes = 0;

  get(digest: Digest): Relation | undefined {
    return this.#relations.get(digest);
  }

  add(relation: Relation): void {
    if (this.#relations.has(relation.descriptor.digest)) return;
    this.#relations.set(relation.descriptor.digest, relation);
    this.#bytes += relation.descriptor.size;
    for (const [digest, { descriptor }] of this.#relations) {
      if (this.#bytes <= manifestCacheLimitBytes) break;
      this.#relations.delete(digest);
      this.#bytes -= descriptor.size;
    }
  }
}

/** The manifests of one layout, found through its index.json. */
export class LayoutManifests {
  readonly #blobs: LayoutBlobs;
  readonly #cache: RelationCache;

  constructor(blobs: LayoutBlobs, cache: RelationCache) {
    this.#blobs = blobs;
    this.#cache = cache;
  }

  /** Finds a manifest that is listed, or that a listed index lists: skopeo and docker list only the outermost. */
  async find(entries: readonly IndexEntry[], digest: Digest, signal?: AbortSignal): Promise<Descriptor | undefined> {
    const listed = entries.find((entry) => entry.digest === digest);
    if (listed) return manifestOf(listed);
    const indexes = entries.filter(({ mediaType }) => isIndexType(mediaType));
    for await (const { children } of this.#walk(indexes, signal)) {
      const child = children.find((each) => each.digest === digest && isManifestType(each.mediaType));
      if (child) return child;
    }
    return undefined;
  }

  /**
   * Lists the manifests whose subject is `target`. What index.json says about them is a hint and is not used.
   *
   * @throws when a listed manifest is missing, damaged or malformed: it might be the very evidence that was looked for.
   */
  async *referrers(
    entries: readonly IndexEntry[],
    target: Descriptor,
    signal?: AbortSignal,
  ): AsyncIterable<Descriptor> {
    for await (const { descriptor, subject } of this.#walk(entries, signal)) {
      if (subject === target.digest) yield descriptor;
    }
  }

  /** Visits every manifest once, and those inside of indexes, within the limits that every graph walk has. */
  async *#walk(entries: readonly IndexEntry[], signal?: AbortSignal): AsyncIterable<Relation> {
    const seen = new Set<Digest>();
    let level = entries.filter(({ mediaType }) => isManifestType(mediaType)).map(manifestOf);
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > graphDepthLimit) throw tooLarge();
      const next: Descriptor[] = [];
      for (const manifest of level) {
        if (seen.has(manifest.digest)) continue;
        seen.add(manifest.digest);
        // Listed entries are bounded by the size of index.json; what indexes add to them is bounded here.
        if (seen.size > entries.length + graphNodeLimit) throw tooLarge();
        signal?.throwIfAborted();
        const relation = await this.#relation(manifest, depth);
        if (!relation) continue;
        yield relation;
        next.push(...relation.children.filter(({ mediaType }) => isManifestType(mediaType)));
      }
      level = next;
    }
  }

  async #relation(target: Descriptor, depth: number): Promise<Relation | undefined> {
    const cached = this.#cache.get(target.digest);
    if (cached && cached.descriptor.mediaType === target.mediaType) return cached;
    checkManifestSize(target.size);
    let raw: Uint8Array;
    try {
      raw = await collect(this.#blobs.fetch(target), target.size);
    } catch (cause) {
      if (!hasCode(cause, "NOT_FOUND")) throw cause;
      // `skopeo copy` without --all leaves out the platforms that nobody asked for; image-spec v1.1.1 allows it.
      if (depth > 0) return undefined;
      throw new InvalidInputError("INVALID_MANIFEST", `index.json lists ${target.digest}, which is missing`, { cause });
    }
    const { descriptor, value, kind } = parseManifest(raw, target.mediaType, target.digest);
    const children = kind === "index" ? (value.manifests as readonly Descriptor[]) : [];
    const relation: Relation = { descriptor, subject: value.subject?.digest, children };
    this.#cache.add(relation);
    return relation;
  }
}

function tooLarge(): ContentError {
  return new ContentError(
    "LIMIT_EXCEEDED",
    `indexes are nested deeper than ${graphDepthLimit} or list more than ${graphNodeLimit} manifests`,
  );
}
