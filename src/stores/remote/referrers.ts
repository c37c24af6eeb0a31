import { ContentError } from "../../base/errors.ts";
import { listPageLimitBytes, referrerListLimit } from "../../base/limits.ts";
import type { CallOptions, ReferrerListOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { imageIndexAt } from "../../oci/manifest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import type { Endpoint } from "./endpoint.ts";
import { FallbackIndex } from "./fallback-index.ts";
import { hasStatus } from "./http/error.ts";
import type { HttpResponse } from "./http/response.ts";
import type { RemoteManifests } from "./manifests.ts";
import { pages } from "./paging.ts";

/** `api`: the registry lists referrers itself. `tag`: clients keep the list under a tag. */
type Support = "unknown" | "api" | "tag";

/** Codes that are about what was asked for rather than about the question. */
const subjectCodes: readonly string[] = ["NAME_UNKNOWN", "MANIFEST_UNKNOWN", "MANIFEST_INVALID"];

/** Answers of registries that have no referrers API: 404 by the specification, others as seen in the wild. */
const missingApiStatuses: readonly number[] = [400, 404, 405, 406, 501];

/**
 * Who refers to a manifest: by the referrers API where there is one, else by the tag schema.
 *
 * Neither signal for the API is enough alone. ECR once sent OCI-Subject and had no list; others answer the list with
 * 200 and an HTML page, or list without ever sending OCI-Subject (reference/oras.md §3.9).
 */
export class RemoteReferrers {
  readonly #endpoint: Endpoint;
  readonly #fallback: FallbackIndex;
  #support: Support = "unknown";

  constructor(endpoint: Endpoint, manifests: RemoteManifests) {
    this.#endpoint = endpoint;
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
    // Specification: without OCI-Subject the client must update the list. With it, the list must also exist.
    if (acknowledged === subject.digest && (await this.#hasApi(subject, options))) return;
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
    if (isEmpty) yield* filter(await this.#fallback.read(subject, options), options.artifactType);
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
        yield* filter(await entries(page), isFiltered(page) ? undefined : artifactType);
      }
    } catch (error) {
      if (!isFirst || !hasStatus(error, ...missingApiStatuses)) throw error;
      // "No such repository", "no such manifest" (Quay) say nothing about the API.
      if (!error.registryCodes.some((code) => subjectCodes.includes(code))) this.#note("tag");
    }
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

async function entries(page: HttpResponse): Promise<readonly Descriptor[]> {
  const json = await page.json(listPageLimitBytes);
  try {
    return imageIndexAt(json).manifests;
  } catch (cause) {
    throw page.error("BAD_RESPONSE", "answered JSON that is no index of referrers", { cause });
  }
}

function isFiltered(response: HttpResponse): boolean {
  const applied = response.headerLines("oci-filters-applied").flatMap((line) => line.split(","));
  return applied.some((name) => name.trim() === "artifactType");
}

function filter(referrers: readonly Descriptor[], artifactType: string | undefined): readonly Descriptor[] {
  return referrers.filter((referrer) => artifactType === undefined || referrer.artifactType === artifactType);
}
