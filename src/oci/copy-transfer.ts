import type { ByteStream } from "../base/bytes.ts";
import { ContentError } from "../base/errors.ts";
import type { TransferOutcome } from "../base/events.ts";
import type { RangeReceiver } from "./content.ts";
import type { CopyDestination, CopyOptions, CopyReport, CopySource, SkippedContent } from "./copy.ts";
import { type CopyStep, copyFailure, onSide } from "./copy-failure.ts";
import { type Descriptor, identity } from "./descriptor.ts";
import { annotationKeys, isManifestType } from "./media-types.ts";
import { type BlobSource, bytesSource } from "./source.ts";

/** Up to here a stream is as good as any other way. */
const streamBytes = 1024 * 1024;

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
    let isPoured = false;
    const source: BlobSource = {
      descriptor: target,
      open: (offset = 0) => {
        isOpened = true;
        return open(offset);
      },
      ...this.#pouring(target, () => {
        isOpened = true;
        isPoured = true;
      }),
    };
    const onBytes = (bytes: number) => {
      this.#bytes += bytes;
      this.#options.onEvent?.({ type: "bytes", phase: "copy", path: pathOf(target), bytes });
    };
    await this.#ask(target, signal, async () => {
      try {
        await this.#destination.push(source, { signal, onBytes });
      } catch (cause) {
        // What was poured is verified by the destination, which then says that the source has other bytes.
        throw isPoured && cause instanceof ContentError ? copyFailure(fetching(target), signal, cause) : cause;
      }
    });
    return isOpened;
  }

  /** How the source brings long blobs into the destination's memory, where it can; its errors are marked, too. */
  #pouring(target: Descriptor, onOpen: () => void): Pick<BlobSource, "pour"> {
    const source: CopySource & Partial<RangeReceiver> = this.#source;
    if (!source.receive || target.size <= streamBytes || isManifestType(target.mediaType)) return {};
    const receive = source.receive.bind(source);
    return {
      async pour(sink, signal) {
        onOpen();
        try {
          await receive(target, { start: 0, end: target.size }, sink, { signal });
        } catch (cause) {
          throw copyFailure(fetching(target), signal, cause);
        }
      },
    };
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
