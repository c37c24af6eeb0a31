import { abortable } from "../../base/abort.ts";
import type { TemporaryFile } from "../../base/atomic-file.ts";
import { type ByteStream, collect } from "../../base/bytes.ts";
import { verified } from "../../base/digest.ts";
import type {
  AheadOutcome,
  ByteRange,
  ByteSink,
  CallOptions,
  Capabilities,
  PushOptions,
  RangeReceiver,
  ReceiveOptions,
  ReferrerListOptions,
  Repository,
  StagedBlob,
  Stager,
  TagOptions,
} from "../../oci/content.ts";
import { type Descriptor, identity } from "../../oci/descriptor.ts";
import { isDigest } from "../../oci/digest.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import { successors } from "../../oci/graph.ts";
import { checkManifestSize, type Manifest, parseManifest } from "../../oci/manifest.ts";
import { isManifestType } from "../../oci/media-types.ts";
import { checkTag, checkTagOrDigest } from "../../oci/reference.ts";
import { isReferrersTag } from "../../oci/referrers-tag.ts";
import { type BlobSource, bytesSource } from "../../oci/source.ts";
import { LayoutBlobs } from "./blobs.ts";
import { LayoutDirectory } from "./directory.ts";
import { addManifest, addTag, findTag, manifestOf, removeManifest, removeTag, tagOf } from "./entries.ts";
import { IndexFile } from "./index-file.ts";
import { LayoutManifests, type RelationCache } from "./manifests.ts";

export interface LayoutRepositoryOptions {
  /** Directory that holds the layouts, as the user wrote it. */
  readonly root: string;
  readonly lockWaitMs: number;
  readonly cache: RelationCache;
}

/**
 * A repository in a directory: an OCI image layout that oras, skopeo, crane and zot read.
 *
 * Reading never creates anything. Writing is safe against other processes that run mreg, and against being killed at
 * any point: content comes first, index.json last, each under its final name only when it is whole. Not defended:
 * another program that writes the same layout at the same time, since there is no lock that all of them know; and a
 * `delete` of content at the very moment that somebody pushes a manifest which names it.
 */
export class LayoutRepository implements Repository, RangeReceiver, Stager {
  readonly isLocal = true;
  readonly name: string;
  readonly location: string;
  readonly supports: Capabilities = { delete: true, untag: true, mount: true, createOnce: true };
  readonly #options: LayoutRepositoryOptions;
  readonly #blobs: LayoutBlobs;
  readonly #index: IndexFile;
  readonly #manifests: LayoutManifests;

  constructor(name: string, options: LayoutRepositoryOptions) {
    const directory = new LayoutDirectory(options.root, name);
    this.name = name;
    this.location = `oci:${options.root}/${name}`;
    this.#options = options;
    this.#blobs = new LayoutBlobs(directory);
    this.#index = new IndexFile(directory, options.lockWaitMs);
    this.#manifests = new LayoutManifests(this.#blobs, options.cache);
  }

  fetch(target: Descriptor, options?: CallOptions): ByteStream {
    return abortable(this.#blobs.fetch(target), options?.signal);
  }

  fetchRange(target: Descriptor, range: ByteRange, options?: CallOptions): ByteStream {
    return abortable(this.#blobs.fetchRange(target, range), options?.signal);
  }

  receive(target: Descriptor, range: ByteRange, sink: ByteSink, options: ReceiveOptions = {}): Promise<void> {
    return this.#blobs.receive(target, range, sink, options);
  }

  async exists(target: Descriptor, options?: CallOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    if (!(await this.#blobs.has(target))) return false;
    // A manifest whose process died before it was listed is not there yet: a push must finish the work.
    return !isManifestType(target.mediaType) || (await this.#find(target, options)) !== undefined;
  }

  async push(source: BlobSource, options: PushOptions = {}): Promise<void> {
    const { descriptor } = source;
    if (await this.exists(descriptor, options)) return;
    if (isManifestType(descriptor.mediaType)) return this.#pushManifest(source, options);
    await this.#index.create(options.signal);
    await this.#blobs.write(source, options);
  }

  async stage({ signal }: CallOptions = {}): Promise<StagedBlob> {
    signal?.throwIfAborted();
    const staged = await this.#blobs.stage();
    return {
      file: staged.file.fd,
      keep: (target, options) => this.#keep(staged, target, options),
      discard: () => staged.discard(),
    };
  }

  async resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    options?.signal?.throwIfAborted();
    checkTagOrDigest(reference);
    const entries = await this.#index.entries();
    if (isDigest(reference)) {
      const found = await this.#manifests.find(entries, reference, options?.signal);
      if (found) return identity(found);
    } else {
      const entry = findTag(entries, reference);
      if (entry) return manifestOf(entry);
    }
    throw new StoreError("NOT_FOUND", `${this.location} has no ${reference}`);
  }

  /** Names a manifest; with `once`, exactly one of several processes succeeds. */
  async tag(target: Descriptor, tag: string, { once, signal }: TagOptions = {}): Promise<void> {
    checkTag(tag);
    await this.#index.update(async (entries) => {
      const manifest = await this.#manifests.find(entries, target.digest, signal);
      if (!manifest) throw new StoreError("NOT_FOUND", `${this.location} has no manifest ${target.digest}`);
      const taken = once ? findTag(entries, tag) : undefined;
      if (taken && taken.digest !== target.digest) {
        throw new StoreError("CONFLICT", `tag ${tag} is ${taken.digest}, expected ${target.digest}`);
      }
      return addTag(entries, manifest, tag);
    }, signal);
  }

  async untag(tag: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#index.update((entries) => {
      const left = removeTag(entries, tag);
      if (left === entries) throw new StoreError("NOT_FOUND", `${this.location} has no tag ${tag}`);
      return left;
    }, signal);
  }

  /** Removes a manifest's entries, then its file; blobs shared with other repositories stay there. */
  async delete(target: Descriptor, { signal }: CallOptions = {}): Promise<void> {
    let listed = false;
    await this.#index.update((entries) => {
      const left = removeManifest(entries, target);
      listed = left.length < entries.length;
      return listed ? left : entries;
    }, signal);
    const removed = await this.#blobs.delete(target);
    if (!removed && !listed) throw new StoreError("NOT_FOUND", `${this.location} has no ${target.digest}`);
  }

  async mount(target: Descriptor, fromRepository: string, options?: CallOptions): Promise<boolean> {
    if (await this.exists(target, options)) return true;
    const from = new LayoutRepository(fromRepository, this.#options);
    if (!(await from.exists(target, options))) return false;
    await this.#index.create(options?.signal);
    const directory = new LayoutDirectory(this.#options.root, fromRepository);
    const shared = !isManifestType(target.mediaType) && (await this.#blobs.share(target, directory));
    if (!shared) await this.push({ descriptor: target, open: () => from.fetch(target, options) }, options);
    return true;
  }

  async *tags(options?: CallOptions): AsyncIterable<string> {
    options?.signal?.throwIfAborted();
    const tags = (await this.#index.entries()).map(tagOf).filter((tag) => tag !== undefined);
    yield* new Set(tags.filter((tag) => !isReferrersTag(tag)));
  }

  async *referrers(target: Descriptor, { artifactType, signal }: ReferrerListOptions = {}): AsyncIterable<Descriptor> {
    signal?.throwIfAborted();
    for await (const referrer of this.#manifests.referrers(await this.#index.entries(), target, signal)) {
      if (artifactType === undefined || referrer.artifactType === artifactType) yield referrer;
    }
  }

  async #keep(
    staged: TemporaryFile,
    { digest, size }: Pick<Descriptor, "digest" | "size">,
    { signal }: CallOptions = {},
  ): Promise<AheadOutcome> {
    signal?.throwIfAborted();
    if (await this.#blobs.has({ digest, size })) return "present";
    if ((await staged.file.stat()).size !== size) return "declined";
    await this.#index.create(signal);
    await this.#blobs.keep(staged, digest);
    return "stored";
  }

  async #find({ digest }: Descriptor, options?: CallOptions): Promise<Descriptor | undefined> {
    return this.#manifests.find(await this.#index.entries(), digest, options?.signal);
  }

  async #pushManifest(source: BlobSource, options: PushOptions): Promise<void> {
    const { descriptor } = source;
    checkManifestSize(descriptor.size);
    const content = verified(abortable(source.open(), options.signal), descriptor);
    const raw = await collect(content, descriptor.size);
    const manifest = parseManifest(raw, descriptor.mediaType, descriptor.digest);
    await this.#checkComplete(manifest);
    await this.#index.create(options.signal);
    await this.#blobs.write(bytesSource(descriptor, raw), options);
    await this.#index.update((entries) => addManifest(entries, manifest.descriptor), options.signal);
  }

  /** A subject may be missing (distribution-spec v1.1.1 allows it); anything else a manifest names may not. */
  async #checkComplete(manifest: Manifest): Promise<void> {
    const subject = manifest.value.subject?.digest;
    for (const named of successors(manifest)) {
      if (named.digest === subject || (await this.#blobs.has(named))) continue;
      throw new InvalidInputError("INVALID_MANIFEST", `manifest names ${named.digest}, which is not there`);
    }
  }
}
