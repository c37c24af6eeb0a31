import { type ByteStream, collect } from "../../base/bytes.ts";
import { type Digest, digestAlgorithm, digestOf, verified } from "../../base/digest.ts";
import { manifestLimitBytes } from "../../base/limits.ts";
import type { ByteRange, CallOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { isDigest } from "../../oci/digest.ts";
import { checkManifestSize, type Manifest } from "../../oci/manifest.ts";
import { isManifestType, manifestMediaTypes } from "../../oci/media-types.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasStatus } from "./http/error.ts";
import type { HttpResponse } from "./http/response.ts";
import { type HttpUrl, withQuery } from "./http/url.ts";
import { storeError } from "./store-error.ts";

/** All types in one header: without the OCI ones in it, distribution answers 404. */
const accept = manifestMediaTypes.join(", ");

/** Manifests as raw bytes, over `/manifests/`. */
export class RemoteManifests {
  readonly #endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Finds what a tag or digest names; HEAD where that says enough, else GET. */
  async resolve(reference: string, options: CallOptions = {}): Promise<Descriptor> {
    const response = await this.#head(reference, options);
    if (response === undefined) return this.#measure(reference, options);
    await response.discard();
    const { contentLength: size, mediaType } = response;
    const declared = declaredDigest(response);
    // By digest there is nothing to learn from the header; by tag the header is the answer.
    const digest = isDigest(reference) ? reference : declared;
    if (!digest || size === undefined || !isManifestType(mediaType)) return this.#measure(reference, options);
    if (declared !== undefined && declared !== digest) throw otherDigest(response, declared, digest);
    return { mediaType, digest, size };
  }

  async exists(target: Descriptor, options: CallOptions = {}): Promise<boolean> {
    try {
      const response = (await this.#head(target.digest, options)) ?? (await this.#get(target.digest, options));
      await response.discard();
      if (response.mediaType === "text/html") throw response.error("BAD_RESPONSE", "answered an HTML page");
      return true;
    } catch (error) {
      if (hasStatus(error, 404)) return false;
      throw error;
    }
  }

  /** Reads a manifest; verified against `target`, like every content. */
  async *fetch(target: Descriptor, options: CallOptions = {}): ByteStream {
    checkManifestSize(target.size);
    let response: HttpResponse;
    try {
      response = await this.#get(target.digest, options);
    } catch (error) {
      throw storeError(error, `manifest ${target.digest}`);
    }
    if (response.mediaType !== target.mediaType) {
      await response.discard();
      throw response.error(
        "BAD_RESPONSE",
        `answered ${JSON.stringify(response.mediaType.slice(0, 100))}, expected ${target.mediaType}`,
      );
    }
    await checkDeclared(response, target.digest);
    yield* verified(response.body, target);
  }

  /** Cut out of the whole, which is verified on the way: registries serve manifests in one piece. */
  async *fetchRange(target: Descriptor, range: ByteRange, options: CallOptions = {}): ByteStream {
    const raw = await collect(this.fetch(target, options), target.size);
    if (range.start < range.end) yield raw.subarray(range.start, range.end);
  }

  /**
   * Reads the manifest a tag names, in one request.
   *
   * @returns undefined when there is no such tag.
   */
  async read(reference: string, options: CallOptions = {}): Promise<ReadManifest | undefined> {
    try {
      return await this.#readBytes(reference, options);
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /**
   * Stores a manifest under its digest or a tag, byte for byte (end-7).
   *
   * @returns the subject that the registry says it has put the manifest on the list of (OCI-Subject).
   */
  async put(
    manifest: Pick<Manifest, "raw" | "descriptor">,
    reference: string,
    options: CallOptions = {},
  ): Promise<string | undefined> {
    const response = await this.#put(manifest, this.#endpoint.manifest(reference), options);
    return response.header("oci-subject") || undefined;
  }

  /**
   * Stores a manifest under its digest and asks for tags in the same request (end-7b of the specification to come).
   *
   * @returns the tags that the registry says it has written (OCI-Tag); none where it knows nothing of this.
   */
  async putTagged(
    manifest: Pick<Manifest, "raw" | "descriptor">,
    tags: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly string[]> {
    let url = this.#endpoint.manifest(manifest.descriptor.digest);
    for (const tag of tags) url = withQuery(url, "tag", tag);
    const response = await this.#put(manifest, url, options);
    const written = response.headerLines("oci-tag").flatMap((line) => line.split(",").map((tag) => tag.trim()));
    return tags.filter((tag) => written.includes(tag));
  }

  async #put(
    { raw, descriptor }: Pick<Manifest, "raw" | "descriptor">,
    url: HttpUrl,
    options: CallOptions,
  ): Promise<HttpResponse> {
    const response = await this.#endpoint.client.send({
      method: "PUT",
      url,
      scopes: this.#endpoint.push,
      headers: { "content-type": descriptor.mediaType },
      body: raw,
      expect: [201],
      signal: options.signal,
    });
    await response.discard();
    const declared = declaredDigest(response);
    // A registry may answer with another algorithm than the one it was asked under; that one is checked on reading.
    if (
      declared &&
      digestAlgorithm(declared) === digestAlgorithm(descriptor.digest) &&
      declared !== descriptor.digest
    ) {
      throw otherDigest(response, declared, descriptor.digest);
    }
    return response;
  }

  /** end-9, for tags and digests alike. */
  async delete(reference: string, options: CallOptions = {}): Promise<void> {
    const response = await this.#endpoint.client.send({
      method: "DELETE",
      url: this.#endpoint.manifest(reference),
      scopes: this.#endpoint.delete,
      expect: [202, 200, 204],
      signal: options.signal,
    });
    await response.discard();
  }

  /** undefined where the registry does not do HEAD. */
  async #head(reference: string, { signal }: CallOptions): Promise<HttpResponse | undefined> {
    const url = this.#endpoint.manifest(reference);
    const response = await this.#endpoint.client.send({
      method: "HEAD",
      url,
      scopes: this.#endpoint.pull,
      headers: { accept },
      expect: [200, 405],
      signal,
    });
    if (response.status === 200) return response;
    await response.discard();
    return undefined;
  }

  #get(reference: string, { signal }: CallOptions): Promise<HttpResponse> {
    const url = this.#endpoint.manifest(reference);
    return this.#endpoint.client.send({
      method: "GET",
      url,
      scopes: this.#endpoint.pull,
      headers: { accept },
      expect: [200],
      signal,
    });
  }

  async #measure(reference: string, options: CallOptions): Promise<Descriptor> {
    return (await this.#readBytes(reference, options)).descriptor;
  }

  async #readBytes(reference: string, options: CallOptions): Promise<ReadManifest> {
    const response = await this.#get(reference, options);
    const { mediaType } = response;
    if (!isManifestType(mediaType)) {
      await response.discard();
      throw response.error("BAD_RESPONSE", `answered ${JSON.stringify(mediaType.slice(0, 100))}, expected a manifest`);
    }
    const declared = declaredDigest(response);
    const expected = isDigest(reference) ? reference : declared;
    const raw = await response.bytes(manifestLimitBytes);
    const digest = digestOf(raw, expected ? digestAlgorithm(expected) : "sha256");
    if (expected !== undefined && digest !== expected) throw otherDigest(response, digest, expected);
    return { raw, descriptor: { mediaType, digest, size: raw.byteLength } };
  }
}

/** Bytes as received, and their digest computed over just these bytes. */
export interface ReadManifest {
  readonly raw: Uint8Array;
  readonly descriptor: Descriptor;
}

function declaredDigest(response: HttpResponse): Digest | undefined {
  const text = response.header("docker-content-digest");
  return text !== undefined && isDigest(text) ? text : undefined;
}

async function checkDeclared(response: HttpResponse, expected: Digest): Promise<void> {
  const declared = declaredDigest(response);
  if (declared === undefined || declared === expected) return;
  await response.discard();
  throw otherDigest(response, declared, expected);
}

function otherDigest(response: HttpResponse, received: string, expected: Digest): Error {
  return response.error("BAD_RESPONSE", `answered content with digest ${received}, expected ${expected}`);
}
