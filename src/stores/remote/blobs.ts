import type { ByteStream } from "../../base/bytes.ts";
import { type Digest, verified } from "../../base/digest.ts";
import type { AheadContent, AheadOutcome, ByteRange, CallOptions, PushOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { BlobSource } from "../../oci/source.ts";
import { Connections } from "../../transfer/connections.ts";
import { uploadAhead } from "./ahead-upload.ts";
import { Chunking } from "./chunking.ts";
import { openBytes } from "./download.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasStatus } from "./http/error.ts";
import { storeError } from "./store-error.ts";
import { type UploadContext, uploadBlob } from "./upload.ts";
import { UploadSessions } from "./upload-sessions.ts";

/** See RemoteOptions. */
export interface UploadSizes {
  readonly chunkBytes?: number | undefined;
  readonly aheadBytes?: number | undefined;
}

/** Content by digest, over `/blobs/`. */
export class RemoteBlobs {
  readonly #endpoint: Endpoint;
  readonly #sessions: UploadSessions;
  readonly #chunking: Chunking;
  readonly #uploads = new Connections({ start: Number.POSITIVE_INFINITY, most: Number.POSITIVE_INFINITY });

  constructor(endpoint: Endpoint, { chunkBytes, aheadBytes }: UploadSizes = {}) {
    this.#endpoint = endpoint;
    this.#sessions = new UploadSessions(endpoint);
    this.#chunking = new Chunking(chunkBytes, aheadBytes);
  }

  async exists(target: Descriptor, { signal }: CallOptions = {}): Promise<boolean> {
    const { client, pull } = this.#endpoint;
    try {
      const url = this.#endpoint.blob(target.digest);
      const response = await client.send({ method: "HEAD", url, scopes: pull, expect: [200], signal });
      await response.discard();
      const { contentLength, mediaType } = response;
      const hasOtherLength = contentLength !== undefined && contentLength !== target.size;
      // A proxy's page for everything. Without this a captive portal would have every blob already.
      if (mediaType === "text/html" && hasOtherLength) throw response.error("BAD_RESPONSE", "answered an HTML page");
      // Some registries keep a truncated upload under the full digest; it must be sent again.
      return !hasOtherLength;
    } catch (error) {
      if (hasStatus(error, 404)) return false;
      throw error;
    }
  }

  async *fetch(target: Descriptor, options: CallOptions = {}): ByteStream {
    yield* verified(this.#open(target, { start: 0, end: target.size }, options), target);
  }

  async *fetchRange(target: Descriptor, range: ByteRange, options: CallOptions = {}): ByteStream {
    options.signal?.throwIfAborted();
    const clamped = { start: range.start, end: Math.min(range.end, target.size) };
    if (clamped.start < clamped.end) yield* this.#open(target, clamped, options);
  }

  async push(source: BlobSource, options: PushOptions = {}): Promise<void> {
    if (await this.exists(source.descriptor, options)) return;
    try {
      await uploadBlob(this.#uploadContext(), source, options);
    } catch (error) {
      throw storeError(error, `repository ${this.#endpoint.name}`);
    }
  }

  async pushAhead(content: AheadContent, digest: Promise<Digest>, options: PushOptions = {}): Promise<AheadOutcome> {
    try {
      return await uploadAhead(this.#uploadContext(), content, digest, options);
    } catch (error) {
      throw storeError(error, `repository ${this.#endpoint.name}`);
    }
  }

  async mount(target: Descriptor, from: Endpoint, options: CallOptions = {}): Promise<boolean> {
    if (await this.exists(target, options)) return true;
    return this.#sessions.mount(target.digest, from, options);
  }

  /** end-10 */
  async delete(target: Descriptor, { signal }: CallOptions = {}): Promise<void> {
    const { client, delete: scopes } = this.#endpoint;
    try {
      const url = this.#endpoint.blob(target.digest);
      const response = await client.send({ method: "DELETE", url, scopes, expect: [202, 200, 204], signal });
      await response.discard();
    } catch (error) {
      throw storeError(error, `blob ${target.digest}`, [400, 405]);
    }
  }

  #uploadContext(): UploadContext {
    const [endpoint, sessions, chunking] = [this.#endpoint, this.#sessions, this.#chunking];
    return { endpoint, sessions, chunking, blobs: this, connections: this.#uploads };
  }

  async *#open(target: Descriptor, range: ByteRange, options: CallOptions): ByteStream {
    const { client, pull } = this.#endpoint;
    try {
      yield* openBytes(
        client,
        { url: this.#endpoint.blob(target.digest), scopes: pull },
        { ...options, target, range },
      );
    } catch (error) {
      throw storeError(error, `blob ${target.digest}`);
    }
  }
}
