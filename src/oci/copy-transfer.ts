import type { ByteStream } from "../base/bytes.ts";
import type { TransferOutcome } from "../base/events.ts";
import type { CopyDestination, CopyOptions, CopyReport, CopySource, SkippedContent } from "./copy.ts";
import { type CopyStep, copyFailure, onSide } from "./copy-failure.ts";
import { type Descriptor, identity } from "./descriptor.ts";
import { annotationKeys } from "./media-types.ts";
import { type BlobSource, bytesSource } from "./source.ts";

/** Moves single pieces of content, tells listeners and keeps count. */
export class CopyTransfer {
  readonly #source: CopySource;
  readonly #destination: CopyDestination;
  readonly #options: CopyOptions;
  readonly #manifests = { copied: 0, present: 0 };
  readonly #blobs = { copied: 0, mounted: 0, present: 0 };
  readonly #skipped: SkippedContent[] = [];
  #bytes = 0;

  constructor(source: CopySource, destination: CopyDestination, options: CopyOptions) {
    this.#source = source;
    this.#destination = destination;
    this.#options = options;
    options.onEvent?.({ type: "begin", phase: "copy", files: 0, bytes: 0 });
  }

  /** Tells listeners what is still to come. */
  found(content: readonly Descriptor[]): void {
    const bytes = content.reduce((sum, { size }) => sum + size, 0);
    this.#options.onEvent?.({ type: "more", phase: "copy", files: content.length, bytes });
  }

  skip(descriptor: Descriptor, reason: SkippedContent["reason"]): void {
    this.#skipped.push({ descriptor, reason });
  }

  end(): CopyReport {
    this.#options.onEvent?.({ type: "end", phase: "copy" });
    return { manifests: this.#manifests, blobs: this.#blobs, bytes: this.#bytes, skipped: this.#skipped };
  }

  async blob(blob: Descriptor, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (await this.#mounted(blob, signal)) return;
    if (await this.#isOutOfReach(blob, signal)) return this.skip(blob, "foreign");
    const isSent = await this.#push(blob, (offset) => this.#read(blob, offset, signal), signal);
    this.#blobs[isSent ? "copied" : "present"]++;
    this.#done(blob, isSent ? "done" : "present");
  }

  /** @param isListed - the destination lists it under its subject. */
  async manifest(target: Descriptor, raw: Uint8Array, isListed: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const isThere = isListed && (await this.#ask(target, signal, () => this.#destination.exists(target, { signal })));
    const isSent = !isThere && (await this.#push(target, (offset) => bytesSource(target, raw).open(offset), signal));
    this.#manifests[isSent ? "copied" : "present"]++;
    this.#done(target, isSent ? "done" : "present");
  }

  async #mounted(blob: Descriptor, signal: AbortSignal): Promise<boolean> {
    const { mountFrom } = this.#options;
    if (mountFrom === undefined || !this.#destination.mount) return false;
    const isThere = await this.#ask(blob, signal, () => this.#destination.exists(blob, { signal }));
    // What is there is counted by the push, which asks again and then does nothing.
    if (isThere || !(await this.#ask(blob, signal, async () => this.#destination.mount?.(blob, mountFrom, { signal }))))
      return false;
    this.#blobs.mounted++;
    this.#done(blob, "mounted");
    return true;
  }

  /** A layer with `urls` may be held by neither side; registries take manifests that name such layers. */
  async #isOutOfReach(blob: Descriptor, signal: AbortSignal): Promise<boolean> {
    const urls: unknown = blob["urls"];
    if (!Array.isArray(urls) || urls.length === 0) return false;
    if (await this.#ask(blob, signal, () => this.#destination.exists(blob, { signal }))) return false;
    return onSide(fetching(blob), signal, async () => !(await this.#source.exists(blob, { signal })));
  }

  /** @returns whether bytes moved; not, when the destination had the content. */
  async #push(target: Descriptor, open: (offset: number) => ByteStream, signal: AbortSignal): Promise<boolean> {
    let isOpened = false;
    const source: BlobSource = {
      descriptor: target,
      open: (offset = 0) => {
        isOpened = true;
        return open(offset);
      },
    };
    const onBytes = (bytes: number) => {
      this.#bytes += bytes;
      this.#options.onEvent?.({ type: "bytes", phase: "copy", path: pathOf(target), bytes });
    };
    await this.#ask(target, signal, () => this.#destination.push(source, { signal, onBytes }));
    return isOpened;
  }

  /** The source's stream, with its errors marked as the source's: they come out of the destination's push. */
  async *#read(blob: Descriptor, offset: number, signal: AbortSignal): ByteStream {
    try {
      // A part cannot be verified; whoever asks for one has hashed what came before it.
      if (offset > 0) yield* this.#source.fetchRange(blob, { start: offset, end: blob.size }, { signal });
      else yield* this.#source.fetch(blob, { signal });
    } catch (cause) {
      throw copyFailure(fetching(blob), signal, cause);
    }
  }

  #ask<T>(target: Descriptor, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return onSide({ operation: "push", side: "destination", descriptor: identity(target) }, signal, work);
  }

  #done(target: Descriptor, outcome: TransferOutcome | "mounted"): void {
    this.#options.onEvent?.({ type: "file", phase: "copy", path: pathOf(target), outcome });
  }
}

function fetching(blob: Descriptor): CopyStep {
  return { operation: "fetch", side: "source", descriptor: identity(blob) };
}

/** A name for people: the file's own, or as much of the digest as can be read aloud. */
function pathOf({ annotations, digest }: Descriptor): string {
  return annotations?.[annotationKeys.title] ?? digest.slice(0, digest.indexOf(":") + 13);
}
