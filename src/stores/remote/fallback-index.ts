import type { Digest } from "../../base/digest.ts";
import type { CallOptions } from "../../oci/content.ts";
import { type Descriptor, describe } from "../../oci/descriptor.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import { checkManifestSize, type ImageIndex, parseManifest } from "../../oci/manifest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { untilAborted } from "./http/abort.ts";
import { pause, type RetryPolicy } from "./http/retry.ts";
import type { RemoteManifests } from "./manifests.ts";

/** Rounds of read, merge, write and read back before giving up; every lost one means that others made progress. */
const roundLimit = 10;

/** One change of a list, and whoever waits for it. */
interface Change {
  readonly entry: Descriptor;
  readonly kind: "add" | "remove";
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The list of referrers as an index under a tag, for registries without the referrers API.
 *
 * No registry has compare-and-swap for tags, so two writers can overwrite each other. Inside this process changes of
 * one subject queue up and travel together; towards other processes each round reads back and merges again until
 * everything it wrote is there. The index that is replaced is never deleted: on GitLab its tag is the digest of the
 * subject itself, and deleting that destroyed models (oras-go#1396).
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema}
 */
export class FallbackIndex {
  readonly #manifests: RemoteManifests;
  readonly #retry: RetryPolicy;
  /** Changes that wait while a round of their subject is under way. */
  readonly #waiting = new Map<Digest, Change[]>();

  constructor(manifests: RemoteManifests, retry: RetryPolicy) {
    this.#manifests = manifests;
    this.#retry = retry;
  }

  async read(subject: Descriptor, options: CallOptions = {}): Promise<readonly Descriptor[]> {
    return (await this.#load(subject, options))?.manifests ?? [];
  }

  /**
   * Puts an entry on the list. An abort ends the waiting, not the round, which others may have joined.
   *
   * @throws {@link StoreError} `CONFLICT` when other writers win every round, `UNSUPPORTED` where the tag cannot hold
   * a list.
   */
  add(subject: Descriptor, entry: Descriptor, options: CallOptions = {}): Promise<void> {
    return untilAborted(this.#enqueue(subject, entry, "add"), options.signal);
  }

  /** Takes an entry off the list; success when it is not on it. */
  remove(subject: Descriptor, entry: Descriptor, options: CallOptions = {}): Promise<void> {
    return untilAborted(this.#enqueue(subject, entry, "remove"), options.signal);
  }

  #enqueue(subject: Descriptor, entry: Descriptor, kind: Change["kind"]): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const change = { entry, kind, resolve, reject };
      const waiting = this.#waiting.get(subject.digest);
      if (waiting) waiting.push(change);
      else void this.#run(subject, change);
    });
  }

  /** Works until nobody waits any more; whoever comes during a round travels with the next one. */
  async #run(subject: Descriptor, first: Change): Promise<void> {
    const waiting = [first];
    this.#waiting.set(subject.digest, waiting);
    while (waiting.length > 0) {
      const changes = waiting.splice(0);
      try {
        await this.#apply(subject, changes);
        for (const { resolve } of changes) resolve();
      } catch (error) {
        for (const { reject } of changes) reject(error);
      }
    }
    this.#waiting.delete(subject.digest);
  }

  async #apply(subject: Descriptor, changes: readonly Change[]): Promise<void> {
    const tag = referrersTag(subject.digest);
    for (let round = 0; round < roundLimit; round++) {
      const current = await this.#load(subject, {}, "write");
      if (isDone(current, changes)) return;
      const raw = Buffer.from(JSON.stringify(merged(current, changes)));
      checkManifestSize(raw.byteLength);
      await this.#manifests.put({ raw, descriptor: describe(mediaTypes.imageIndex, raw) }, tag);
      // Another writer that read before our write and writes after it is only seen after a while.
      await pause(this.#retry.delayMs(Math.min(round, 4)));
    }
    throw new StoreError(
      "CONFLICT",
      `other writers changed the referrers of ${subject.digest} ${roundLimit} times in a row`,
    );
  }

  async #load(
    subject: Descriptor,
    options: CallOptions,
    purpose: "read" | "write" = "read",
  ): Promise<ImageIndex | undefined> {
    const tag = referrersTag(subject.digest);
    const found = await this.#manifests.read(tag, options);
    if (!found) return undefined;
    // GitLab takes such a tag for a digest and answers with the subject.
    if (found.descriptor.digest === subject.digest) {
      if (purpose === "read") return undefined;
      throw new StoreError(
        "UNSUPPORTED",
        `the registry takes tag ${tag} for the subject itself, so it cannot hold a list`,
      );
    }
    const manifest = parseManifest(found.raw, found.descriptor.mediaType);
    if (manifest.kind === "index" && manifest.descriptor.mediaType === mediaTypes.imageIndex) return manifest.value;
    throw new InvalidInputError(
      "INVALID_MANIFEST",
      `tag ${tag} is a ${manifest.descriptor.mediaType}, expected the index of referrers`,
    );
  }
}

function isDone(current: ImageIndex | undefined, changes: readonly Change[]): boolean {
  return changes.every(({ entry, kind }) => {
    const listed = current?.manifests.find(({ digest }) => digest === entry.digest);
    // Older go-containerregistry wrote entries without their type, which no filter finds.
    return kind === "add" ? listed !== undefined && listed.artifactType === entry.artifactType : listed === undefined;
  });
}

/** Keeps the order, the fields and the entries that are there; each digest once. */
function merged(current: ImageIndex | undefined, changes: readonly Change[]): ImageIndex {
  const entries = new Map((current?.manifests ?? []).map((entry) => [entry.digest, entry]));
  for (const { entry, kind } of changes) {
    if (kind === "add") entries.set(entry.digest, entry);
    else entries.delete(entry.digest);
  }
  const rest = current ?? { schemaVersion: 2 as const, mediaType: mediaTypes.imageIndex };
  return { ...rest, manifests: [...entries.values()] };
}
