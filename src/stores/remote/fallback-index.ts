import type { Digest } from "../../base/digest.ts";
import { paceMs } from "../../base/pace.ts";
import type { CallOptions } from "../../oci/content.ts";
import { type Descriptor, describe } from "../../oci/descriptor.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import { checkManifestSize, type ImageIndex, parseManifest } from "../../oci/manifest.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { untilAborted } from "./http/abort.ts";
import { pause, type RetryPolicy } from "./http/retry.ts";
import type { RemoteManifests } from "./manifests.ts";
import { SeenEntries } from "./seen-entries.ts";

/** Writes of one list before giving up; every lost one means that others made progress. */
const writeLimit = 20;

/**
 * Times the list must be found whole after a write: once where nobody else seems to write, and over several pauses,
 * each twice as long, where somebody does. 30 processes on 2 cores lost entries with fewer (test/peers/load.test.ts).
 */
const checks = { alone: 1, contended: 3 };

/** Doublings of the pause after which further lost writes add none: 4 s by default. */
const pauseSteps = 4;

/** A pause that is there for slow writers. */
const slowPause = { times: 3, limitMs: 5_000 };

/** A list as it was read or written. */
interface Listing {
  readonly digest: Digest;
  readonly index: ImageIndex;
}

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
 * one subject queue up and travel together; towards other processes each write is read back, and merged again
 * until everything it wrote is there. A writer that stalls between its read and its write still overwrites what others
 * have seen in place and left; so every writer also puts back what it saw itself and somebody overwrote. The index that
 * is replaced is never deleted: on GitLab its tag is the digest of the subject itself, and deleting that destroyed
 * models (oras-go#1396).
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
    return (await this.#load(subject, options))?.index.manifests ?? [];
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
    const seen = new SeenEntries((entry) => this.#manifests.exists(entry));
    let written: Digest | undefined;
    let isContended = false;
    for (let writes = 0, found = 0; ; ) {
      const startedMs = performance.now();
      const current = await this.#load(subject, {}, "write");
      isContended ||= written !== undefined && current?.digest !== written;
      const lost = lostEntries(seen, current, changes);
      // Asking takes time in which others write: then the list is read again before it is written.
      if (await seen.confirm(lost)) continue;
      if (lost.length === 0 && isDone(current, changes)) {
        found++;
        if (written === undefined || found >= (isContended ? checks.contended : checks.alone)) return;
      } else {
        if (writes >= writeLimit) throw givenUp(subject);
        writes++;
        found = 0;
        written = await this.#write(subject, merged(current?.index, lost, changes));
      }
      // A writer that read before our write and writes after it is only seen after a while: a longer one where
      // machines are slow, which our own pace tells.
      const delayMs = this.#retry.delayMs(Math.min(writes + found, pauseSteps));
      await pause(Math.max(delayMs, paceMs(startedMs, slowPause)));
    }
  }

  async #write(subject: Descriptor, index: ImageIndex): Promise<Digest> {
    const raw = Buffer.from(JSON.stringify(index));
    checkManifestSize(raw.byteLength);
    const descriptor = describe(mediaTypes.imageIndex, raw);
    await this.#manifests.put({ raw, descriptor }, referrersTag(subject.digest));
    return descriptor.digest;
  }

  async #load(
    subject: Descriptor,
    options: CallOptions,
    purpose: "read" | "write" = "read",
  ): Promise<Listing | undefined> {
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
    if (manifest.kind === "index" && manifest.descriptor.mediaType === mediaTypes.imageIndex) {
      return { digest: manifest.descriptor.digest, index: manifest.value };
    }
    throw new InvalidInputError(
      "INVALID_MANIFEST",
      `tag ${tag} is a ${manifest.descriptor.mediaType}, expected the index of referrers`,
    );
  }
}

function givenUp(subject: Descriptor): StoreError {
  return new StoreError(
    "CONFLICT",
    `other writers changed the referrers of ${subject.digest} after each of ${writeLimit} writes`,
  );
}

/** Entries to put back: listed before, not any more, and not because this writer removes them. */
function lostEntries(
  seen: SeenEntries,
  current: Listing | undefined,
  changes: readonly Change[],
): readonly Descriptor[] {
  const listed = current?.index.manifests ?? [];
  seen.note(listed);
  for (const { entry, kind } of changes) if (kind === "remove") seen.forget(entry.digest);
  return seen.lost(listed);
}

function isDone(current: Listing | undefined, changes: readonly Change[]): boolean {
  return changes.every(({ entry, kind }) => {
    const listed = current?.index.manifests.find(({ digest }) => digest === entry.digest);
    // Older go-containerregistry wrote entries without their type, which no filter finds.
    return kind === "add" ? listed !== undefined && listed.artifactType === entry.artifactType : listed === undefined;
  });
}

/** Keeps the order, the fields and the entries that are there, and adds what was lost; each digest once. */
function merged(current: ImageIndex | undefined, lost: readonly Descriptor[], changes: readonly Change[]): ImageIndex {
  const entries = new Map([...(current?.manifests ?? []), ...lost].map((entry) => [entry.digest, entry]));
  for (const { entry, kind } of changes) {
    if (kind === "add") entries.set(entry.digest, entry);
    else entries.delete(entry.digest);
  }
  const rest = current ?? { schemaVersion: 2 as const, mediaType: mediaTypes.imageIndex };
  return { ...rest, manifests: [...entries.values()] };
}
