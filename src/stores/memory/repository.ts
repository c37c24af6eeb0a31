import { abortable } from "../../base/abort.ts";
import type { ByteStream } from "../../base/bytes.ts";
import type {
  ByteRange,
  CallOptions,
  Capabilities,
  PushOptions,
  ReferrerListOptions,
  Repository,
  TagOptions,
} from "../../oci/content.ts";
import { type Descriptor, identity } from "../../oci/descriptor.ts";
import { isDigest } from "../../oci/digest.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import { successors } from "../../oci/graph.ts";
import { checkManifestSize, type Manifest, parseManifest } from "../../oci/manifest.ts";
import { isManifestType } from "../../oci/media-types.ts";
import { checkTagOrDigest } from "../../oci/reference.ts";
import { type BlobSource, bytesSource } from "../../oci/source.ts";
import { MemoryBlobs } from "./blobs.ts";
import { MemoryManifests } from "./manifests.ts";
import { MemoryTags } from "./tags.ts";

/** A repository that lives as long as the process: the reference implementation, and scratch space for tests. */
export class MemoryRepository implements Repository {
  readonly name: string;
  readonly location: string;
  readonly supports: Capabilities = { delete: true, untag: true, mount: true, createOnce: true };
  readonly #blobs = new MemoryBlobs();
  readonly #manifests = new MemoryManifests();
  readonly #tags = new MemoryTags();
  readonly #sibling: (name: string) => MemoryRepository | undefined;

  constructor(name: string, sibling: (name: string) => MemoryRepository | undefined) {
    this.name = name;
    this.location = `memory:${name}`;
    this.#sibling = sibling;
  }

  fetch(target: Descriptor, options?: CallOptions): ByteStream {
    return abortable(this.#blobs.fetch(target), options?.signal);
  }

  fetchRange(target: Descriptor, range: ByteRange, options?: CallOptions): ByteStream {
    return abortable(this.#blobs.fetchRange(target, range), options?.signal);
  }

  async exists(target: Descriptor, options?: CallOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    // Content that came as a blob is no manifest yet: a registry keeps the two apart.
    return isManifestType(target.mediaType)
      ? this.#manifests.get(target.digest) !== undefined
      : this.#blobs.has(target);
  }

  async push(source: BlobSource, options: PushOptions = {}): Promise<void> {
    const { descriptor } = source;
    if (await this.exists(descriptor, options)) return;
    if (!isManifestType(descriptor.mediaType)) {
      await this.#blobs.push(source, options);
      return;
    }
    checkManifestSize(descriptor.size);
    const scratch = new MemoryBlobs();
    const raw = await scratch.push(source, options);
    const manifest = parseManifest(raw, descriptor.mediaType, descriptor.digest);
    this.#checkComplete(manifest);
    await this.#blobs.push(bytesSource(descriptor, raw));
    this.#manifests.add(manifest);
  }

  async resolve(reference: string, options?: CallOptions): Promise<Descriptor> {
    options?.signal?.throwIfAborted();
    checkTagOrDigest(reference);
    const found = isDigest(reference) ? this.#manifests.get(reference)?.descriptor : this.#tags.get(reference);
    if (found) return identity(found);
    throw new StoreError("NOT_FOUND", `${this.location} has no ${reference}`);
  }

  async tag(target: Descriptor, tag: string, options: TagOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    this.#tags.set(tag, await this.resolve(target.digest), options);
  }

  async untag(tag: string, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    this.#tags.delete(tag);
  }

  async delete(target: Descriptor, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    this.#blobs.delete(target);
    this.#manifests.delete(target);
    this.#tags.deleteTarget(target);
  }

  async mount(target: Descriptor, fromRepository: string, options?: CallOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    const sibling = this.#sibling(fromRepository);
    if (!sibling || !(await sibling.exists(target))) return false;
    await this.push({ descriptor: target, open: () => sibling.fetch(target) });
    return true;
  }

  async *tags(options?: CallOptions): AsyncIterable<string> {
    options?.signal?.throwIfAborted();
    yield* this.#tags.names();
  }

  async *referrers(target: Descriptor, options: ReferrerListOptions = {}): AsyncIterable<Descriptor> {
    options.signal?.throwIfAborted();
    yield* [...this.#manifests.referrers(target, options.artifactType)];
  }

  /** A subject may be missing (distribution-spec v1.1.1 allows it); anything else a manifest names may not. */
  #checkComplete(manifest: Manifest): void {
    const subject = manifest.value.subject?.digest;
    const missing = successors(manifest).find(({ digest }) => digest !== subject && !this.#has(digest));
    if (missing)
      throw new InvalidInputError("INVALID_MANIFEST", `manifest names ${missing.digest}, which is not there`);
  }

  #has(digest: Descriptor["digest"]): boolean {
    return this.#blobs.has({ digest } as Descriptor);
  }
}
