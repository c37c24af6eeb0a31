import { Budget } from "../base/budget.ts";
import { mapConcurrent } from "../base/concurrency.ts";
import type { Digest } from "../base/digest.ts";
import { ContentError, hasCode } from "../base/errors.ts";
import type { CopyDestination, CopyOptions, CopyReport, CopySource } from "./copy.ts";
import { onSide } from "./copy-failure.ts";
import { CopyTransfer } from "./copy-transfer.ts";
import { type Descriptor, identity } from "./descriptor.ts";
import { CopyError, StoreError } from "./errors.ts";
import { fetchManifest } from "./fetch-manifest.ts";
import { graphDepthLimit, graphNodeLimit } from "./limits.ts";
import type { Manifest } from "./manifest.ts";
import { isManifestType, mediaTypes } from "./media-types.ts";

/** Requests in flight, as for uploads. */
const defaultConcurrency = 4;

/** Copies graphs from one store to another, looking at everything once however many graphs share it. */
export class Copier {
  readonly #source: CopySource;
  readonly #destination: CopyDestination;
  readonly #options: CopyOptions;
  readonly #concurrency: number;
  /** Held for single requests and transfers, never while waiting for children. */
  readonly #budget: Budget;
  readonly #transfer: CopyTransfer;
  /** Manifests in the tree of each manifest; itself last. */
  readonly #trees = new Map<Digest, Promise<readonly Descriptor[]>>();
  readonly #blobs = new Map<Digest, Promise<void>>();
  /** What the destination lists as referrers of a subject, before anything is added. */
  readonly #listed = new Map<Digest, Promise<ReadonlySet<Digest>>>();
  readonly #asked = new Set<Digest>();

  constructor(source: CopySource, destination: CopyDestination, options: CopyOptions = {}) {
    this.#source = source;
    this.#destination = destination;
    this.#options = options;
    this.#concurrency = options.concurrency ?? defaultConcurrency;
    this.#budget = new Budget(this.#concurrency);
    this.#transfer = new CopyTransfer(source, destination, options);
  }

  /** Copies the graphs of these manifests; with `referrers`, wave after wave of what is attached to them. */
  async copy(roots: readonly Descriptor[]): Promise<void> {
    let wave = roots;
    for (let depth = 0; wave.length > 0; depth++) {
      if (depth > graphDepthLimit) throw tooLarge();
      const isAttached = depth > 0;
      const trees = await this.#each(wave, (manifest, signal) =>
        isAttached ? this.#attachedTree(manifest, signal) : this.#tree(manifest, 0, signal),
      );
      wave = this.#options.referrers ? await this.#attachedTo(trees.flat()) : [];
    }
  }

  /** Names a manifest at the destination. */
  async tag(target: Descriptor, tag: string, once = false): Promise<void> {
    const { signal } = this.#options;
    await onSide({ operation: "tag", side: "destination", descriptor: identity(target) }, signal, () =>
      this.#destination.tag(identity(target), tag, { once, signal }),
    );
  }

  /** Tells listeners that this was all, and what it came to. */
  end(): CopyReport {
    return this.#transfer.end();
  }

  #each<Out>(manifests: readonly Descriptor[], work: (manifest: Descriptor, signal: AbortSignal) => Promise<Out>) {
    return mapConcurrent(manifests, this.#concurrency, work, this.#options.signal);
  }

  /** Those that were not copied yet. A list is a hint: whatever it names wrongly costs bytes and means nothing. */
  async #attachedTo(manifests: readonly Descriptor[]): Promise<readonly Descriptor[]> {
    // Cycles end here: nobody is asked twice who refers to them.
    const fresh = manifests.filter(({ digest }) => !this.#asked.has(digest));
    for (const { digest } of fresh) this.#asked.add(digest);
    const lists = await this.#each(fresh, (subject, signal) => this.#referrersOf(this.#source, subject, signal));
    const referrers = new Map(lists.flat().map((referrer) => [referrer.digest, referrer]));
    return [...referrers.values()].filter(
      ({ digest, mediaType }) => isManifestType(mediaType) && !this.#trees.has(digest),
    );
  }

  async #referrersOf(store: CopySource, subject: Descriptor, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const side = store === this.#source ? "source" : "destination";
    return onSide({ operation: "list", side, descriptor: subject }, signal, () =>
      this.#budget.run(async () => {
        if (!store.referrers) throw new StoreError("UNSUPPORTED", "the source does not list referrers");
        const found: Descriptor[] = [];
        for await (const referrer of store.referrers(subject, { signal })) found.push(referrer);
        return found;
      }),
    );
  }

  /**
   * A list kept by clients may name what somebody has deleted since; that must not make the rest impossible to copy.
   */
  async #attachedTree(manifest: Descriptor, signal: AbortSignal): Promise<readonly Descriptor[]> {
    try {
      return await this.#tree(manifest, 0, signal);
    } catch (error) {
      const isGone = error instanceof CopyError && error.side === "source" && hasCode(error.cause, "NOT_FOUND");
      if (!isGone || error.descriptor.digest !== manifest.digest) throw error;
      this.#transfer.skip(manifest, "missing");
      return [];
    }
  }

  #tree(manifest: Descriptor, depth: number, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const known = this.#trees.get(manifest.digest);
    if (known) return known;
    if (depth > graphDepthLimit || this.#trees.size + this.#blobs.size > graphNodeLimit) throw tooLarge();
    const tree = this.#copyTree(identity(manifest), depth, signal);
    this.#trees.set(manifest.digest, tree);
    return tree;
  }

  async #copyTree(target: Descriptor, depth: number, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const manifest = await onSide({ operation: "fetch", side: "source", descriptor: target }, signal, () =>
      this.#budget.run(() => fetchManifest(this.#source, target, { signal })),
    );
    const { manifests, blobs } = children(manifest);
    this.#transfer.found([target, ...blobs.filter(({ digest }) => !this.#blobs.has(digest))]);
    const below: Descriptor[] = [];
    await mapConcurrent(blobs, this.#concurrency, (blob, inner) => this.#blob(blob, inner), signal);
    // One after the other: an index in an index in an index must not multiply what is in memory.
    for (const child of manifests) below.push(...(await this.#tree(child, depth + 1, signal)));
    await this.#manifest(manifest, target, signal);
    return [...below, target];
  }

  #blob(blob: Descriptor, signal: AbortSignal): Promise<void> {
    const known = this.#blobs.get(blob.digest);
    if (known) return known;
    const sent = this.#budget.run(() => this.#transfer.blob(blob, signal));
    this.#blobs.set(blob.digest, sent);
    return sent;
  }

  async #manifest(manifest: Manifest, target: Descriptor, signal: AbortSignal): Promise<void> {
    const { subject } = manifest.value;
    const listed = subject ? await this.#listedOf(identity(subject), signal) : undefined;
    // Being there and being on the list: pushing it again would only ask for the same list once more.
    await this.#budget.run(() =>
      this.#transfer.manifest(target, manifest.raw, listed?.has(target.digest) ?? false, signal),
    );
  }

  #listedOf(subject: Descriptor, signal: AbortSignal): Promise<ReadonlySet<Digest>> | undefined {
    if (!this.#destination.referrers) return undefined;
    const known = this.#listed.get(subject.digest);
    if (known) return known;
    const asked = this.#referrersOf(this.#destination, subject, signal).then(
      (list) => new Set(list.map(({ digest }) => digest)),
    );
    this.#listed.set(subject.digest, asked);
    return asked;
  }
}

/** What must be there before a manifest; its subject need not be. */
function children(manifest: Manifest): {
  readonly manifests: readonly Descriptor[];
  readonly blobs: readonly Descriptor[];
} {
  if (manifest.kind === "image") {
    return { manifests: [], blobs: [manifest.value.config, ...manifest.value.layers].map(asBlob) };
  }
  const { manifests } = manifest.value;
  return {
    manifests: manifests.filter(({ mediaType }) => isManifestType(mediaType)),
    blobs: manifests.filter(({ mediaType }) => !isManifestType(mediaType)),
  };
}

/** A layer is a blob, also when somebody says that its content is a manifest: stores go by the type. */
function asBlob(layer: Descriptor): Descriptor {
  return isManifestType(layer.mediaType) ? { ...layer, mediaType: mediaTypes.octetStream } : layer;
}

function tooLarge(): ContentError {
  return new ContentError(
    "LIMIT_EXCEEDED",
    `the graph to copy is deeper than ${graphDepthLimit} or larger than ${graphNodeLimit}`,
  );
}
