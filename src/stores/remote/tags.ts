import { digestAlgorithm, digestOf } from "../../base/digest.ts";
import { ContentError, hasCode } from "../../base/errors.ts";
import { listLimit } from "../../base/limits.ts";
import { readQuietly } from "../../base/shape.ts";
import type { CallOptions, TagOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import { isTag } from "../../oci/reference.ts";
import { isReferrersTag } from "../../oci/referrers-tag.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasStatus, type RegistryError } from "./http/error.ts";
import type { HttpResponse } from "./http/response.ts";
import { listPageLimitBytes } from "./limits.ts";
import type { ReadManifest, RemoteManifests } from "./manifests.ts";
import { namesAt, pages } from "./paging.ts";
import { storeError } from "./store-error.ts";

/** `tags` may be null or absent in a repository whose last tag was removed. */
/** Ways registries refuse to move a tag: GAR and ECR 400, zot 403, some 409, Harbor 412. */
const immutableStatuses: readonly number[] = [400, 403, 409, 412];

/** Tags asked for in one request; zot answers 414 to URLs that are too long. */
const tagsPerRequest = 10;

/** Refusals of a PUT with tags that say nothing about the tags one by one. */
const notTogetherStatuses: readonly number[] = [...immutableStatuses, 404, 405, 414];

/** Names for manifests, over `/tags/list` and `/manifests/<tag>`. */
export class RemoteTags {
  readonly #endpoint: Endpoint;
  readonly #manifests: RemoteManifests;
  #takesTagsTogether = true;

  constructor(endpoint: Endpoint, manifests: RemoteManifests) {
    this.#endpoint = endpoint;
    this.#manifests = manifests;
  }

  /**
   * Lists the tags. Those of the referrers fallback are left out; cosign's old `sha256-….sig` and `.att` are listed,
   * since they are content that somebody pushed, and readers of such signatures look for them.
   */
  async *list({ signal }: CallOptions = {}): AsyncIterable<string> {
    signal?.throwIfAborted();
    const { client, pull } = this.#endpoint;
    const seen = new Set<string>();
    const first = { method: "GET", url: this.#endpoint.tags(), scopes: pull, expect: [200, 404], signal } as const;
    for await (const response of pages(client, first)) {
      for (const tag of await readTags(response, seen.size === 0)) {
        if (seen.has(tag) || isReferrersTag(tag)) continue;
        seen.add(tag);
        if (seen.size > listLimit) throw new ContentError("LIMIT_EXCEEDED", `more than ${listLimit} tags`);
        yield tag;
      }
    }
  }

  /** Names a manifest: its bytes are read by digest and put under the tag. */
  async set(target: Descriptor, tag: string, options: TagOptions = {}): Promise<void> {
    const manifest = await this.#read(target, [tag], options);
    if (options.once) {
      const current = await this.#current(tag, options);
      if (current) return this.#settle(tag, current, target, options);
    }
    await this.#write(manifest, [tag], options);
    // Of two writers that both saw no tag, the one that was overwritten learns it here.
    if (options.once) await this.#settle(tag, await this.#current(tag, options), target, options);
  }

  /**
   * Gives a manifest several names: in one request where the registry proves by OCI-Tag that it takes them so, else one
   * after the other. Tags that exist are moved.
   */
  async setAll(target: Descriptor, tags: readonly string[], options: CallOptions = {}): Promise<void> {
    await this.#write(await this.#read(target, tags, options), [...new Set(tags)], options);
  }

  async #read(target: Descriptor, tags: readonly string[], options: CallOptions): Promise<ReadManifest> {
    const bad = tags.find((tag) => !isTag(tag));
    if (bad !== undefined) {
      throw new InvalidInputError("INVALID_REFERENCE", `${JSON.stringify(bad.slice(0, 200))} is not a tag`);
    }
    const manifest = await this.#manifests.read(target.digest, options);
    if (manifest) return manifest;
    throw new StoreError("NOT_FOUND", `manifest ${target.digest} is not there`);
  }

  async #write(manifest: ReadManifest, tags: readonly string[], options: CallOptions): Promise<void> {
    const written = new Set(await this.#writeTogether(manifest, tags, options));
    for (const tag of tags) if (!written.has(tag)) await this.#put(manifest, tag, options);
  }

  /**
   * Puts the manifest under its digest with `?tag=`. A PUT by tag says nothing of the algorithm, so that registries
   * compute sha256; this is the one way for a tag to name a sha512 digest.
   */
  async #writeTogether(manifest: ReadManifest, tags: readonly string[], options: CallOptions): Promise<string[]> {
    const isWorthwhile = tags.length > 1 || digestAlgorithm(manifest.descriptor.digest) !== "sha256";
    const written: string[] = [];
    for (let at = 0; isWorthwhile && this.#takesTagsTogether && at < tags.length; at += tagsPerRequest) {
      try {
        const confirmed = await this.#manifests.putTagged(manifest, tags.slice(at, at + tagsPerRequest), options);
        written.push(...confirmed);
        if (confirmed.length === 0) this.#takesTagsTogether = false;
      } catch (error) {
        if (!hasStatus(error, ...notTogetherStatuses)) throw error;
        return written;
      }
    }
    return written;
  }

  async #put(manifest: Parameters<RemoteManifests["put"]>[0], tag: string, options: TagOptions): Promise<void> {
    try {
      await this.#manifests.put(manifest, tag, options);
    } catch (error) {
      if (!hasStatus(error, ...immutableStatuses)) throw storeError(error, `repository ${this.#endpoint.name}`);
      await this.#explain(error, manifest.descriptor, tag, options);
    }
  }

  /**
   * A refusal is about the tag when the tag is there and names something else; otherwise it is about something else.
   */
  async #explain(error: RegistryError, target: Descriptor, tag: string, options: TagOptions): Promise<void> {
    const current = await this.#current(tag, options);
    if (current === undefined) throw error;
    if (await this.#isSame(tag, current, target, options)) return;
    throw new StoreError("CONFLICT", conflict(tag, current, target), { cause: error });
  }

  async #settle(tag: string, current: Descriptor | undefined, target: Descriptor, options: CallOptions): Promise<void> {
    if (current && (await this.#isSame(tag, current, target, options))) return;
    throw new StoreError("CONFLICT", conflict(tag, current, target));
  }

  /** The same bytes count as the same, also where the registry names them by another algorithm than we do. */
  async #isSame(tag: string, current: Descriptor, target: Descriptor, options: CallOptions): Promise<boolean> {
    const algorithm = digestAlgorithm(target.digest);
    if (digestAlgorithm(current.digest) === algorithm) return current.digest === target.digest;
    const manifest = await this.#manifests.read(tag, options);
    return manifest !== undefined && digestOf(manifest.raw, algorithm) === target.digest;
  }

  async #current(tag: string, options: CallOptions): Promise<Descriptor | undefined> {
    try {
      return await this.#manifests.resolve(tag, options);
    } catch (error) {
      if (hasStatus(error, 404) || hasCode(error, "NOT_FOUND")) return undefined;
      throw error;
    }
  }
}

/** The tags of one page. A 404 means a repository that nobody wrote to, unless part of its list has been read. */
async function readTags(response: HttpResponse, isFirst: boolean): Promise<readonly string[]> {
  if (response.status === 404) {
    await response.discard();
    if (isFirst) return [];
    throw response.error("BAD_RESPONSE", "answered 404 in the middle of a tag list");
  }
  const tags = readQuietly(await response.json(listPageLimitBytes), (json) => namesAt(json, "tags"));
  if (!tags) throw response.error("BAD_RESPONSE", "answered JSON that is no tag list");
  const bad = tags.find((tag) => !isTag(tag));
  if (bad === undefined) return tags;
  throw response.error("BAD_RESPONSE", `lists ${JSON.stringify(bad.slice(0, 200))} as a tag`);
}

function conflict(tag: string, current: Descriptor | undefined, target: Descriptor): string {
  return `tag ${tag} is ${current?.digest ?? "gone"}, expected ${target.digest}`;
}
