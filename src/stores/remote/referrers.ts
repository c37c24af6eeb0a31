import { mapConcurrent } from "../../base/concurrency.ts";
import { ContentError, hasCode } from "../../base/errors.ts";
import type { CallOptions, ReferrerListOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { type Manifest, parseManifest } from "../../oci/manifest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import type { Endpoint } from "./endpoint.ts";
import { FallbackIndex } from "./fallback-index.ts";
import { hasStatus } from "./http/error.ts";
import { referrerListLimit } from "./limits.ts";
import type { RemoteManifests } from "./manifests.ts";
import { pages } from "./paging.ts";
import { isIncomplete, readReferrersPage } from "./referrers-page.ts";

/** `api`: the registry lists referrers itself. `tag`: clients keep the list under a tag. */
type Support = "unknown" | "api" | "tag";

/** Codes that are about what was asked for rather than about the question. */
const subjectCodes: readonly string[] = ["NAME_UNKNOWN", "MANIFEST_UNKNOWN", "MANIFEST_INVALID"];

/** Answers of registries that have no referrers API: 404 by the specification, others as seen in the wild. */
const missingApiStatuses: readonly number[] = [400, 404, 405, 406, 501];

/** Manifests read at once where the list says too little of them. */
const readsAtOnce = 4;

/**
 * Who refers to a manifest: by the referrers API where there is one, else by the tag schema.
 *
 * Neither signal for the API is enough alone. ECR once sent OCI-Subject and had no list; others answer the list with
 * 200 and an HTML page, or list without ever sending OCI-Subject.
 */
export class RemoteReferrers {
  readonly #endpoint: Endpoint;
  readonly #manifests: RemoteManifests;
  readonly #fallback: FallbackIndex;
  #support: Support = "unknown";

  constructor(endpoint: Endpoint, manifests: RemoteManifests) {
    this.#endpoint = endpoint;
    this.#manifests = manifests;
    this.#fallback = new FallbackIndex(manifests, endpoint.client.retry);
  }

  /** Lists referrers with artifact type and annotations, each once. */
  async *list(subject: Descriptor, options: ReferrerListOptions = {}): AsyncIterable<Descriptor> {
    options.signal?.throwIfAborted();
    const seen = new Set<string>();
    for await (const referrer of this.#all(subject, options)) {
      if (seen.has(referrer.digest)) continue;
      seen.add(referrer.digest);
      if (seen.size > referrerListLimit) {
        throw new ContentError("LIMIT_EXCEEDED", `${subject.digest} has more than ${referrerListLimit} referrers`);
      }
      yield referrer;
    }
  }

  /**
   * Makes sure that a manifest just pushed is on its subject's list.
   *
   * @param acknowledged - the OCI-Subject header of the answer.
   */
  async pushed(manifest: Manifest, acknowledged: string | undefined, options: CallOptions = {}): Promise<void> {
    const { subject } = manifest.value;
    if (!subject) return;
    // Specification: without the API the client must update the list. OCI-Subject alone is no proof of it; a list that
    // has the manifest on it is one without OCI-Subject, and then a second list only does harm: zot 1.4 drops the
    // referrers that its next version leaves out, and where tags cannot be moved it has no next version.
    if (acknowledged === subject.digest && (await this.#hasApi(subject, options))) return;
    if (acknowledged === undefined && (await this.#isListed(subject, manifest.descriptor, options))) return;
    await this.#fallback.add(subject, manifest.descriptor, options);
  }

  /** Takes a deleted manifest off its subject's list, where that list is kept by clients. */
  async deleted(manifest: Manifest, options: CallOptions = {}): Promise<void> {
    const { subject } = manifest.value;
    if (subject) await this.#fallback.remove(subject, manifest.descriptor, options);
  }

  async *#all(subject: Descriptor, options: ReferrerListOptions): AsyncIterable<Descriptor> {
    let isEmpty = true;
    for await (const referrer of this.#fromApi(subject, options)) {
      isEmpty = false;
      yield referrer;
    }
    // Empty may also mean that the API came with an upgrade and the old list was not taken over.
    if (isEmpty) yield* filtered(await this.#fallback.read(subject, options), options.artifactType);
  }

  /** Yields nothing where there is no API. */
  async *#fromApi(subject: Descriptor, { artifactType, signal }: ReferrerListOptions): AsyncIterable<Descriptor> {
    if (this.#support === "tag") return;
    const { client, pull } = this.#endpoint;
    const url = this.#endpoint.referrers(subject.digest, artifactType);
    const headers = { accept: mediaTypes.imageIndex };
    let isFirst = true;
    try {
      for await (const page of pages(client, { method: "GET", url, scopes: pull, headers, expect: [200], signal })) {
        if (isFirst && page.mediaType !== mediaTypes.imageIndex) {
          await page.discard();
          return this.#note("tag");
        }
        isFirst = false;
        this.#note("api");
        const { entries, filter } = await readReferrersPage(page);
        if (artifactType !== undefined && filter === "draft") {
          for await (const entry of this.#fromApi(subject, { signal })) yield* filtered([entry], artifactType);
          return;
        }
        yield* filtered(await this.#completed(entries, signal), filter === "applied" ? undefined : artifactType);
      }
    } catch (error) {
      if (!isFirst || !hasStatus(error, ...missingApiStatuses)) throw error;
      // "No such repository", "no such manifest" (Quay) say nothing about the API.
      if (!error.registryCodes.some((code) => subjectCodes.includes(code))) this.#note("tag");
    }
  }

  /** Reads what the list says too little of. A manifest that is gone or cannot be read stays as it is listed. */
  #completed(entries: readonly Descriptor[], signal: AbortSignal | undefined): Promise<readonly Descriptor[]> {
    const complete = async (entry: Descriptor, stop: AbortSignal): Promise<Descriptor> => {
      if (!isIncomplete(entry)) return entry;
      const found = await this.#manifests.read(entry.digest, { signal: stop });
      try {
        return found ? parseManifest(found.raw, found.descriptor.mediaType, entry.digest).descriptor : entry;
      } catch (error) {
        if (hasCode(error, "INVALID_MANIFEST")) return entry;
        throw error;
      }
    };
    return mapConcurrent(entries, readsAtOnce, complete, signal);
  }

  async #isListed(subject: Descriptor, { digest }: Descriptor, options: CallOptions): Promise<boolean> {
    let seen = 0;
    for await (const referrer of this.#fromApi(subject, options)) {
      if (referrer.digest === digest) return true;
      if (++seen > referrerListLimit) break;
    }
    return false;
  }

  async #hasApi(subject: Descriptor, options: CallOptions): Promise<boolean> {
    if (this.#support === "unknown") for await (const _first of this.#fromApi(subject, options)) break;
    return this.#support === "api";
  }

  /** The API is there once it has been seen; that it is missing may be about one answer, so "api" stays. */
  #note(support: Support): void {
    if (this.#support === "unknown") this.#support = support;
  }
}

function filtered(referrers: readonly Descriptor[], artifactType: string | undefined): readonly Descriptor[] {
  return referrers.filter((referrer) => artifactType === undefined || referrer.artifactType === artifactType);
}
