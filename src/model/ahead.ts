import { Budget } from "../base/budget.ts";
import type { Digest } from "../base/digest.ts";
import type { TransferListener } from "../base/events.ts";
import { lendFile } from "../base/file-stream.ts";
import type { AheadOutcome, AheadPusher } from "../oci/content.ts";
import { checkUnwritten, fileIdentity } from "../transfer/file-identity.ts";
import { aboutFile } from "./upload.ts";
import type { WalkedFile } from "./walk.ts";

/** No store is asked to take shorter files ahead of their digest: hashing this much takes 10 ms. */
const aheadFileBytes = 16 * 1024 * 1024;

export interface AheadOptions {
  /** Uploads at a time. Default 4. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: TransferListener | undefined;
}

/**
 * Sends large files while they are being hashed.
 *
 * The bytes that are sent are read apart from those that are hashed; both are refused when the file is not what it was
 * before either began, and the store compares them with the digest.
 */
export class AheadUploads {
  readonly #store: AheadPusher;
  readonly #options: AheadOptions;
  readonly #uploads: Budget;
  readonly #stop = new AbortController();
  readonly #outcomes = new Map<string, Promise<AheadOutcome>>();
  readonly #counted = new Set<string>();

  constructor(store: AheadPusher, options: AheadOptions = {}) {
    this.#store = store;
    this.#options = options;
    this.#uploads = new Budget(options.concurrency ?? 4);
  }

  /** Aborted when an upload has failed for good: hashing on would be for nothing. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * Takes over the counting of files that have not begun to move.
   *
   * @returns whether the sending has been announced, and which of the files that includes.
   */
  takeCount(paths: readonly string[]): { readonly hasBegun: boolean; readonly counted: ReadonlySet<string> } {
    const counted = new Set(this.#counted);
    for (const path of paths) this.#counted.add(path);
    return { hasBegun: counted.size > 0, counted };
  }

  /** For {@link HashPassOptions.onHashing}. */
  readonly start = (file: WalkedFile, digest: Promise<Digest>): void => {
    if (file.size < aheadFileBytes) return;
    const outcome = this.#send(file, digest);
    outcome.catch((error: unknown) => this.#stop.abort(error));
    this.#outcomes.set(file.path, outcome);
  };

  /** What became of a file of the model: waits for the end of its upload. */
  async outcome(path: string): Promise<AheadOutcome> {
    return (await this.#outcomes.get(path)) ?? "declined";
  }

  /** Ends all uploads and waits until they have ended. */
  async cancel(reason: unknown): Promise<void> {
    this.#stop.abort(reason);
    await Promise.allSettled(this.#outcomes.values());
  }

  async #send(file: WalkedFile, digest: Promise<Digest>): Promise<AheadOutcome> {
    const { path, size } = file;
    const { signal: asked, onEvent: emit = () => {} } = this.#options;
    const signal = asked ? AbortSignal.any([asked, this.#stop.signal]) : this.#stop.signal;
    const release = await this.#uploads.acquire(1, signal);
    try {
      const onBytes = (bytes: number) => {
        this.#count(file);
        emit({ type: "bytes", phase: "push", path, bytes });
      };
      const content = { size, open: (start: number) => openUnwritten(file, start) };
      const outcome = await aboutFile(path, () => this.#store.pushAhead(content, digest, { signal, onBytes }));
      if (outcome === "declined") return outcome;
      this.#count(file);
      emit({ type: "file", phase: "push", path, outcome: outcome === "present" ? "present" : "done" });
      return outcome;
    } finally {
      release();
    }
  }

  /** Sending begins with the first bytes: a store that declines has not begun. */
  #count({ path, size }: WalkedFile): void {
    if (this.#counted.has(path)) return;
    const type = this.#counted.size === 0 ? "begin" : "more";
    this.#counted.add(path);
    this.#options.onEvent?.({ type, phase: "push", files: 1, bytes: size });
  }
}

function openUnwritten({ location, identity }: WalkedFile, start: number) {
  return lendFile(location, {
    start,
    check: async (handle) => checkUnwritten(identity, fileIdentity(await handle.stat({ bigint: true }))),
  });
}
