import { ContentError } from "../base/errors.ts";
import type { Fetcher, RangeReceiver } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { StoreError } from "../oci/errors.ts";
import type { DownloadBudgets } from "./download-budgets.ts";
import { fetchParts } from "./fetch-parts.ts";
import type { Follower } from "./follower.ts";
import { copyPieces } from "./local-copy.ts";
import { PartSink } from "./part-sink.ts";
import { PartialFile } from "./partial-file.ts";
import { Part, partLimitBytes } from "./parts.ts";
import type { LocalPiece } from "./pieces/index.ts";

export type DownloadStore = Fetcher & Partial<RangeReceiver>;

/** Where bytes came from: the store, a file on this machine, or an earlier run that was interrupted. */
export type ByteOrigin = "received" | "reused" | "resumed";

export interface DownloadRequest {
  readonly store: DownloadStore;
  readonly target: Descriptor;
  /** Where the file is written. Its directory is there, and nobody else's. */
  readonly path: string;
  /** Bytes that are on this machine, probably. They are copied, and the digest of the whole file decides. */
  readonly reuse?: readonly LocalPiece[] | undefined;
  readonly budgets: DownloadBudgets;
  /** Flush the file to the disk before it counts as complete. Default true. */
  readonly isDurable?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told about bytes in place since the last call; negative when what was there turned out to be of no use. */
  readonly onBytes?: ((count: number, origin: ByteOrigin) => void) | undefined;
}

/** What the file consists of, in bytes. `received` counts everything that was fetched, also what was thrown away. */
export interface DownloadedFile {
  readonly received: number;
  readonly reused: number;
  readonly resumed: number;
  /** Bytes from this machine did not make the file, and it was fetched as a whole. */
  readonly fellBack: boolean;
}

/** From here on a file has a journal and comes in parts; shorter ones come in one request. */
const resumableBytes = partLimitBytes;
/** Up to here a plain stream of the store is as good as a connection of its own. */
const streamBytes = 1024 * 1024;

/**
 * Brings a blob into a file, which is complete and verified when this resolves; giving it its name is the caller's
 * part.
 *
 * A long one that is interrupted stays at `path` with a journal beside it, and the next call with the same path and
 * target goes on from there. What is there then, and what `reuse` promises, is believed no further than the digest of
 * the whole goes: when that differs, everything is fetched once more.
 *
 * @throws {@link ContentError} `SIZE_MISMATCH`, `TRAILING_DATA` or `DIGEST_MISMATCH` when the store yields other bytes;
 * nothing stays at `path` then.
 */
export async function downloadFile(request: DownloadRequest): Promise<DownloadedFile> {
  return new Download(request).run();
}

class Download {
  readonly #request: DownloadRequest;
  readonly #signal: AbortSignal;
  readonly #counts = { received: 0, reused: 0, resumed: 0 };
  #inPlace = 0;

  constructor(request: DownloadRequest) {
    this.#request = request;
    this.#signal = request.signal ?? new AbortController().signal;
  }

  async run(): Promise<DownloadedFile> {
    this.#signal.throwIfAborted();
    const outcome = await this.#fill(this.#request.reuse ?? [], false);
    if (outcome === "right") return { ...this.#counts, fellBack: false };
    const used = this.#counts.reused;
    this.#startOver();
    if ((await this.#fill([], outcome === "no parts")) === "no parts") {
      this.#startOver();
      await this.#fill([], true);
    }
    return { ...this.#counts, fellBack: used > 0 };
  }

  /** What was in place is gone; what was fetched stays fetched. */
  #startOver(): void {
    this.#tell(-this.#inPlace, "received");
    this.#inPlace = 0;
    this.#counts.reused = 0;
    this.#counts.resumed = 0;
  }

  /** @param isWhole - asks for no parts. @returns what it is unless `right`: nothing of it is left then. */
  async #fill(reuse: readonly LocalPiece[], isWhole: boolean): Promise<"right" | "wrong" | "no parts"> {
    const { path, target, isDurable = true } = this.#request;
    const isResumable = target.size > resumableBytes && !this.#isPlain && !isWhole;
    const file = PartialFile.open({ path, about: target, isResumable, isDurable });
    try {
      this.#count(file.resumedBytes, "resumed");
      if (this.#isPlain) await this.#stream(file);
      else if (!(await this.#follow(file, reuse, isWhole))) {
        await file.discard();
        return "wrong";
      }
      await file.finish();
      return "right";
    } catch (error) {
      const isOver = error instanceof ContentError || isUnsupported(error);
      await (isOver ? file.discard() : file.abandon());
      if (isUnsupported(error) && !isWhole) return "no parts";
      throw error;
    }
  }

  /** Fills a file and hashes it meanwhile. @returns false when it is wrong and the store need not be to blame. */
  async #follow(file: PartialFile, reuse: readonly LocalPiece[], isWhole: boolean): Promise<boolean> {
    const { path, target, budgets } = this.#request;
    const follower = budgets.followers.follow(path, target);
    try {
      follower.advance(file.frontier);
      if (isWhole) await this.#whole(this.#writer(file, follower));
      else await this.#gather(file, follower, reuse);
    } catch (error) {
      await follower.stop();
      throw error;
    }
    const digest = await follower.end();
    if (digest === target.digest) return true;
    if (this.#counts.reused + this.#counts.resumed > 0) return false;
    throw new ContentError("DIGEST_MISMATCH", `content has digest ${digest}, expected ${target.digest}`);
  }

  /** The store verifies a plain stream itself. Nothing is gained by local pieces where that is all there is. */
  get #isPlain(): boolean {
    const { store, target } = this.#request;
    return store.receive === undefined || target.size <= streamBytes;
  }

  async #stream(file: PartialFile): Promise<void> {
    const { store, target } = this.#request;
    let at = 0;
    for await (const chunk of store.fetch(target, { signal: this.#signal })) {
      this.#signal.throwIfAborted();
      file.write(chunk, at);
      at += chunk.byteLength;
      this.#count(chunk.byteLength, "received");
    }
    this.#signal.throwIfAborted();
  }

  /** Every byte is written once: what has been hashed never changes again. */
  async #gather(file: PartialFile, follower: Follower, reuse: readonly LocalPiece[]): Promise<void> {
    const { target, budgets } = this.#request;
    const signal = this.#signal;
    const onWritten = (count: number) => {
      follower.advance(file.frontier);
      this.#count(count, "reused");
    };
    await copyPieces({ pieces: reuse, file, signal, onWritten });
    const missing = file.done.missing(target.size);
    const write = this.#writer(file, follower);
    if (target.size <= resumableBytes && file.done.size === 0) return this.#whole(write);
    await fetchParts({ store: this.#receiver, target, missing, budgets, write, signal });
  }

  #writer(file: PartialFile, follower: Follower): (bytes: Uint8Array, start: number) => void {
    return (bytes, start) => {
      file.write(bytes, start);
      follower.advance(file.frontier);
      this.#count(bytes.byteLength, "received");
    };
  }

  /** All of it in one request, for stores that know nothing of parts, and for blobs that are no longer than one. */
  async #whole(write: (bytes: Uint8Array, start: number) => void): Promise<void> {
    const { target, budgets } = this.#request;
    const all = { start: 0, end: target.size };
    await budgets.connections.acquire(this.#signal);
    const buffer = budgets.buffers.take();
    const sink = new PartSink(new Part(all, performance.now()), buffer, write);
    try {
      await this.#receiver.receive(target, all, sink, {
        signal: this.#signal,
        onBusy: () => void budgets.connections.refused(),
      });
    } finally {
      sink.flush();
      budgets.buffers.give(buffer);
      budgets.connections.release();
    }
  }

  get #receiver(): RangeReceiver {
    return this.#request.store as RangeReceiver;
  }

  #count(bytes: number, origin: ByteOrigin): void {
    this.#counts[origin] += bytes;
    this.#inPlace += bytes;
    this.#tell(bytes, origin);
  }

  #tell(bytes: number, origin: ByteOrigin): void {
    if (bytes !== 0) this.#request.onBytes?.(bytes, origin);
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof StoreError && error.code === "UNSUPPORTED";
}
