import type { ByteStream } from "../base/bytes.ts";
import type { Digest } from "../base/digest.ts";
import type { Descriptor } from "./descriptor.ts";
import type { BlobSource } from "./source.ts";

/**
 * The interfaces that every store speaks and that everything above the stores sees them by.
 * One verb each, as in oras-go's `content` package; the sums at the end have names.
 */

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Fetcher {
  /**
   * Opens the content a descriptor names. Nothing is read before the iteration starts.
   *
   * The stream ends with an error, never silently, when the bytes do not match `target.size` and `target.digest`;
   * bytes already yielded must be treated as untrusted until the stream ends.
   *
   * @throws {@link StoreError} `NOT_FOUND`, while reading, when the store holds no such content.
   * @throws {@link ContentError} `SIZE_MISMATCH`, `DIGEST_MISMATCH` or `TRAILING_DATA`, while reading.
   */
  fetch(target: Descriptor, options?: CallOptions): ByteStream;
}

export interface RangeFetcher {
  /**
   * Opens part of a blob. The bytes cannot be verified against a digest: they serve to look, never to decide.
   *
   * @param range - first byte and the one after the last.
   */
  fetchRange(target: Descriptor, range: ByteRange, options?: CallOptions): ByteStream;
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Takes bytes in order into memory of its own, so that nobody allocates any for each chunk that arrives.
 *
 * Synchronous on purpose: whoever has bytes waits in the call until they are dealt with, which is all the back-pressure
 * that is needed.
 */
export interface ByteSink {
  /** Where the next bytes go: at least one byte of room. What is there belongs to the sink again after `filled`. */
  room(): Uint8Array;
  /** The first `count` bytes of the last room have come. @returns false when no more are wanted. */
  filled(count: number): boolean;
}

export interface ReceiveOptions extends CallOptions {
  /** Told each time the store says that it is asked for too much (429, 503); it is then asked again after a pause. */
  readonly onBusy?: (() => void) | undefined;
}

export interface RangeReceiver {
  /** The bytes come from a disk of this machine: to ask for fewer of them saves next to nothing. */
  readonly isLocal?: boolean;

  /**
   * Brings bytes of a blob into a sink, each call over a connection that no other call uses meanwhile. Where a
   * connection breaks off, another one goes on from there. The bytes are not verified: whoever takes them hashes the
   * whole.
   *
   * Resolves when the range has arrived or the sink wants no more.
   *
   * @param range - first byte and the one after the last.
   * @throws {@link StoreError} `NOT_FOUND`; `UNSUPPORTED` when the store gives this blob as a whole only, which can be
   * received all the same.
   * @throws {@link ContentError} `SIZE_MISMATCH` or `TRAILING_DATA` when a whole blob is not as long as `target.size`.
   */
  receive(target: Descriptor, range: ByteRange, sink: ByteSink, options?: ReceiveOptions): Promise<void>;
}

export interface Exister {
  /** Tells whether the store holds the content; false also when the repository itself does not exist. */
  exists(target: Descriptor, options?: CallOptions): Promise<boolean>;
}

export interface Pusher {
  /**
   * Stores content, verifying it on the way. Content that is there already is left alone.
   *
   * A manifest must come after everything it names. Its bytes are stored exactly as given.
   *
   * @throws {@link ContentError} when the source yields other bytes than its descriptor says; nothing is stored then.
   */
  push(source: BlobSource, options?: PushOptions): Promise<void>;
}

export interface PushOptions extends CallOptions {
  /** Told about bytes sent since the last call; negative when an upload starts over. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** Content whose digest is not known yet. */
export interface AheadContent {
  /** Bytes. */
  readonly size: number;
  /** Opens it; a chunk holds its bytes only until the next but one is asked for. */
  open(offset: number): ByteStream;
}

/** `declined`: nothing was stored, and it must be pushed as usual once its digest is known. */
export type AheadOutcome = "stored" | "present" | "declined";

export interface AheadPusher {
  /**
   * Sends content while somebody else computes its digest, and names it when both are done. When the store turns out to
   * have it already, as soon as the digest is known, sending stops.
   *
   * The store verifies that what was sent has the digest. A digest that is rejected ends it with the same error, and
   * nothing is stored.
   *
   * @throws {@link ContentError} `DIGEST_MISMATCH` when what was sent is not what was hashed.
   */
  pushAhead(content: AheadContent, digest: Promise<Digest>, options?: PushOptions): Promise<AheadOutcome>;
}

/** A blob without a name, which somebody writes while computing its digest. */
export interface StagedBlob {
  /** Descriptor of an empty file, open for writing. Whoever writes it goes on from its start and stops at a failure. */
  readonly file: number;
  /**
   * Brings it to the disk and gives it its name. The bytes are not read again: `digest` must come from the very memory
   * that was written.
   *
   * @returns `declined` when it has not `size` bytes; nothing is stored then.
   */
  keep(target: Pick<Descriptor, "digest" | "size">, options?: CallOptions): Promise<AheadOutcome>;
  /** Lets go of it; nothing stays unless it was kept. To be called in any case. */
  discard(): Promise<void>;
}

/** A store on this machine, which can be written in the same pass in which its content is hashed. */
export interface Stager {
  stage(options?: CallOptions): Promise<StagedBlob>;
}

export interface Resolver {
  /**
   * Finds the manifest a tag or digest names.
   *
   * @throws {@link StoreError} `NOT_FOUND`.
   */
  resolve(reference: string, options?: CallOptions): Promise<Descriptor>;
}

export interface TagOptions extends CallOptions {
  /**
   * Write once: a tag that exists for the same digest is success, for another digest a `CONFLICT`.
   * The tag is read back after writing, because registries have no compare-and-swap.
   */
  readonly once?: boolean;
}

export interface Tagger {
  /**
   * Names a manifest that the store holds.
   *
   * @throws {@link StoreError} `NOT_FOUND` when it does not hold it; `CONFLICT` as {@link TagOptions.once} says.
   */
  tag(target: Descriptor, tag: string, options?: TagOptions): Promise<void>;
}

export interface Untagger {
  /** Removes a tag and nothing else. @throws {@link StoreError} `NOT_FOUND` or `UNSUPPORTED`. */
  untag(tag: string, options?: CallOptions): Promise<void>;
}

export interface Deleter {
  /**
   * Removes content. A manifest goes with all its tags; what it names, and what refers to it, stays.
   *
   * @throws {@link StoreError} `NOT_FOUND` or `UNSUPPORTED`.
   */
  delete(target: Descriptor, options?: CallOptions): Promise<void>;
}

export interface TagLister {
  /**
   * Lists tags in no particular order, without those of the referrers fallback. Empty for a repository that is not
   * there.
   */
  tags(options?: CallOptions): AsyncIterable<string>;
}

export interface ReferrerListOptions extends CallOptions {
  /** Keep only referrers of this artifact type. */
  readonly artifactType?: string;
}

export interface ReferrerLister {
  /**
   * Lists the manifests whose `subject` is `target`, with their artifact type and annotations.
   *
   * Annotations are hints by whoever pushed them, never proof. Empty when there are none, or no such subject.
   */
  referrers(target: Descriptor, options?: ReferrerListOptions): AsyncIterable<Descriptor>;
}

export interface Mounter {
  /**
   * Makes a blob of another repository of the same registry available in this one without moving bytes.
   *
   * @returns false when the registry did not do it; the caller then pushes.
   */
  mount(target: Descriptor, fromRepository: string, options?: CallOptions): Promise<boolean>;
}

/** What a store can do beyond reading and writing; a refusal of the rest is `UNSUPPORTED`. */
export interface Capabilities {
  readonly delete: boolean;
  readonly untag: boolean;
  readonly mount: boolean;
  /** Of several writers that create one tag with `once`, exactly one succeeds. OCI registries do not promise that. */
  readonly createOnce?: boolean;
}

export interface ReadOnlyTarget extends Fetcher, RangeFetcher, Exister, Resolver {}
export interface Target extends ReadOnlyTarget, Pusher, Tagger {}
export interface ReadOnlyGraphTarget extends ReadOnlyTarget, ReferrerLister, TagLister {}
export interface GraphTarget extends Target, ReadOnlyGraphTarget {}

/** One repository: a model with all its versions and everything attached to them. */
export interface Repository extends GraphTarget, Untagger, Deleter, Mounter, Partial<AheadPusher>, Partial<Stager> {
  /** Name below the registry, such as `ml/risk`. */
  readonly name: string;
  /** Where it is, as a user would write it: `registry.example.com/ml/risk` or `oci:./store/risk`. */
  readonly location: string;
  readonly supports: Capabilities;
}

/** A place that holds repositories. */
export interface Registry {
  /** As a user would write it: `registry.example.com/ml` or `oci:./store`. */
  readonly location: string;
  repository(name: string): Repository;
  /** Lists the names of all repositories. @throws {@link StoreError} `UNSUPPORTED` where a registry hides them. */
  repositories(options?: CallOptions): AsyncIterable<string>;
  /** Lets go of connections. The registry is not usable afterwards. */
  close(): Promise<void>;
}
