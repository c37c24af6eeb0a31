import { type ByteStream, collect } from "../../base/bytes.ts";
import { type Digest, verified } from "../../base/digest.ts";
import type {
  AheadContent,
  AheadOutcome,
  AheadPusher,
  ByteRange,
  ByteSink,
  CallOptions,
  Capabilities,
  PushOptions,
  RangeReceiver,
  ReceiveOptions,
  ReferrerListOptions,
  Repository,
  TagOptions,
} from "../../oci/content.ts";
import { type Descriptor, identity } from "../../oci/descriptor.ts";
import { InvalidInputError } from "../../oci/errors.ts";
import { fetchManifest } from "../../oci/fetch-manifest.ts";
import { checkManifestSize, type Manifest, parseManifest } from "../../oci/manifest.ts";
import { isManifestType } from "../../oci/media-types.ts";
import { isTag } from "../../oci/reference.ts";
import type { BlobSource } from "../../oci/source.ts";
import { RemoteBlobs } from "./blobs.ts";
import type { Endpoint } from "./endpoint.ts";
import type { HarborApi } from "./harbor.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { RemoteManifests } from "./manifests.ts";
import { RemoteReceiver } from "./receive.ts";
import { RemoteReferrers } from "./referrers.ts";
import { storeError } from "./store-error.ts";
import { RemoteTags } from "./tags.ts";
import { untag } from "./untag.ts";

export interface RemoteRepositoryParts {
  /** Name below the registry's prefix. */
  readonly name: string;
  readonly location: string;
  readonly endpoint: Endpoint;
  /** Where a sibling of this repository is, by its name below the prefix. */
  readonly sibling: (name: string) => Endpoint;
  readonly supports: Capabilities;
  readonly harbor: HarborApi;
  /** See RemoteOptions. */
  readonly chunkBytes?: number | undefined;
  readonly aheadBytes?: number | undefined;
  readonly allowDummyManifest?: boolean | undefined;
}

/** A repository on an OCI registry. */
export class RemoteRepository implements Repository, AheadPusher, RangeReceiver {
  readonly name: string;
  readonly location: string;
  /**
   * What is worth trying here. Distribution-spec v1.1.1 has no way to ask, so it says what the user said, or else yes;
   * a registry that refuses makes the call UNSUPPORTED.
   */
  readonly supports: Capabilities;
  readonly #parts: RemoteRepositoryParts;
  readonly #blobs: RemoteBlobs;
  readonly #receiver: RemoteReceiver;
  readonly #manifests: RemoteManifests;
  readonly #tags: RemoteTags;
  readonly #referrers: RemoteReferrers;
  readonly #puts = new KeyedQueue();

  constructor(parts: RemoteRepositoryParts) {
    const { name, location, endpoint, supports } = parts;
    this.#parts = parts;
    this.name = name;
    this.location = location;
    this.supports = supports;
    this.#blobs = new RemoteBlobs(endpoint, parts);
    this.#receiver = new RemoteReceiver(endpoint);
    this.#manifests = new RemoteManifests(endpoint);
    this.#tags = new RemoteTags(endpoint, this.#manifests);
    this.#referrers = new RemoteReferrers(endpoint, this.#manifests);
  }

  fetch(target: Descriptor, options?: CallOptions): ByteStream {
    return this.#contentFor(target).fetch(target, options);
  }

  fetchRange(target: Descriptor, range: ByteRange, options?: CallOptions): ByteStream {
    return this.#contentFor(target).fetchRange(target, range, options);
  }

  receive(target: Descriptor, range: ByteRange, sink: ByteSink, options?: ReceiveOptions): Promise<void> {
    return this.#receiver.receive(target, range, sink, options);
  }

  async exists(target: Descriptor, options?: CallOptions): Promise<boolean> {
    return this.#contentFor(target).exists(target, options);
  }

  async push(source: BlobSource, options: PushOptions = {}): Promise<void> {
    if (isManifestType(source.descriptor.mediaType)) await this.#pushManifest(source, options);
    else await this.#blobs.push(source, options);
  }

  pushAhead(content: AheadContent, digest: Promise<Digest>, options?: PushOptions): Promise<AheadOutcome> {
    return this.#blobs.pushAhead(content, digest, options);
  }

  async resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    try {
      return await this.#manifests.resolve(reference, options);
    } catch (error) {
      throw storeError(error, `${this.location}: ${reference}`);
    }
  }

  tag(target: Descriptor, tag: string, options?: TagOptions): Promise<void> {
    return this.#tags.set(identity(target), tag, options);
  }

  /**
   * Gives a manifest several names at once; moves those that exist. One request where the registry can do that.
   *
   * @throws {@link StoreError} `NOT_FOUND`; `CONFLICT` where a tag may not be moved. Tags before it are then written.
   */
  tagAll(target: Descriptor, tags: readonly string[], options?: CallOptions): Promise<void> {
    return this.#tags.setAll(identity(target), tags, options);
  }

  async untag(tag: string, options: CallOptions = {}): Promise<void> {
    const { endpoint, harbor, allowDummyManifest = false } = this.#parts;
    if (!isTag(tag)) {
      throw new InvalidInputError("INVALID_REFERENCE", `${JSON.stringify(tag.slice(0, 200))} is not a tag`);
    }
    const parts = { manifests: this.#manifests, blobs: this.#blobs, harbor, allowDummyManifest };
    await untag({ ...parts, repository: endpoint.name }, tag, options);
  }

  tags(options?: CallOptions): AsyncIterable<string> {
    return this.#tags.list(options);
  }

  referrers(target: Descriptor, options?: ReferrerListOptions): AsyncIterable<Descriptor> {
    return this.#referrers.list(identity(target), options);
  }

  mount(target: Descriptor, fromRepository: string, options?: CallOptions): Promise<boolean> {
    return this.#blobs.mount(target, this.#parts.sibling(fromRepository), options);
  }

  async delete(target: Descriptor, options?: CallOptions): Promise<void> {
    if (!isManifestType(target.mediaType)) return this.#blobs.delete(target, options);
    // Read first: afterwards nobody could tell whose list of referrers it was on.
    const manifest = await fetchManifest(this, target, options);
    try {
      await this.#manifests.delete(target.digest, options);
    } catch (error) {
      throw storeError(error, `manifest ${target.digest}`, [400, 405]);
    }
    await this.#referrers.deleted(named(manifest, target), options);
  }

  async #pushManifest(source: BlobSource, options: PushOptions): Promise<void> {
    const { descriptor } = source;
    checkManifestSize(descriptor.size);
    if (await this.#manifests.exists(descriptor, options)) {
      await this.#relist(descriptor, options);
      return;
    }
    const raw = await collect(verified(source.open(), descriptor), descriptor.size);
    await this.#put(named(parseManifest(raw, descriptor.mediaType), descriptor), options);
    options.onBytes?.(raw.byteLength);
  }

  async #put(manifest: Manifest, options: CallOptions): Promise<void> {
    try {
      const { digest } = manifest.descriptor;
      // One after the other for each subject: olareg loses referrers that arrive at the same time, and says 201 to all.
      const acknowledged = await this.#puts.run(manifest.value.subject?.digest ?? digest, () =>
        this.#manifests.put(manifest, digest, options),
      );
      await this.#referrers.pushed(manifest, acknowledged, options);
    } catch (error) {
      throw storeError(error, `repository ${this.location}`);
    }
  }

  /** A referrer that is there may still be missing from its subject's list: its push may have ended between the two. */
  async #relist(descriptor: Descriptor, options: CallOptions): Promise<void> {
    const manifest = named(await fetchManifest(this, descriptor, options), descriptor);
    const { subject } = manifest.value;
    if (!subject) return;
    for await (const { digest } of this.#referrers.list(subject, options)) if (digest === descriptor.digest) return;
    await this.#put(manifest, options);
  }

  #contentFor(target: Descriptor): RemoteBlobs | RemoteManifests {
    return isManifestType(target.mediaType) ? this.#manifests : this.#blobs;
  }
}

/** The manifest under the digest it was asked for, which may be sha512 where parsing says sha256. */
function named(manifest: Manifest, { digest }: Descriptor): Manifest {
  return { ...manifest, descriptor: { ...manifest.descriptor, digest } };
}
