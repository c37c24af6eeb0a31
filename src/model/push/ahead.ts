import { Budget } from "../../base/budget.ts";
import type { Digest } from "../../base/digest.ts";
import type { TransferListener } from "../../base/events.ts";
import { lendFile } from "../../base/file-stream.ts";
import type { AheadOutcome, AheadPusher, StagedBlob, Stager } from "../../oci/content.ts";
import { checkUnwritten, fileIdentity } from "../../transfer/file-identity.ts";
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
 * To a registry: the bytes that are sent are read apart from those that are hashed; both are refused when the file is
 * not what it was before either began, and the registry compares them with the digest. To a store on this machine: the
 * bytes that are hashed are written, from the same memory.
 */
export class AheadUploads {
  readonly #store: Partial<AheadPusher & Stager>;
  readonly #options: AheadOptions;
  readonly #uploads: Budget;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #outcomes = new Map<string, Promise<AheadOutcome>>();
  readonly #counted = new Set<string>();

  constructor(store: Partial<AheadPusher & Stager>, options: AheadOptions = {}) {
    this.#store = store;
    this.#options = options;
    this.#uploads = new Budget(options.concurrency ?? 4);
    const { signal } = options;
    this.#signal = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
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
  readonly start = (file: WalkedFile, digest: Promise<Digest>): Promise<number | undefined> | undefined => {
    if (file.size < aheadFileBytes) return undefined;
    const staged = this.#stage();
    const outcome = staged ? this.#keep(file, digest, staged) : this.#send(file, digest);
    outcome.catch((error: unknown) => this.#stop.abort(error));
    this.#outcomes.set(file.path, outcome);
    return staged?.then((blob) => blob?.file);
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

  /** Why there is none, the ordinary upload finds out and says. */
  #stage(): Promise<StagedBlob | undefined> | undefined {
    return this.#store.stage?.({ signal: this.#stop.signal }).catch(() => undefined);
  }

  async #keep(
    file: WalkedFile,
    digest: Promise<Digest>,
    staged: Promise<StagedBlob | undefined>,
  ): Promise<AheadOutcome> {
    const { path, size } = file;
    const { onEvent: emit = () => {} } = this.#options;
    const signal = this.#signal;
    const blob = await staged;
    if (!blob) return "declined";
    try {
      const target = { digest: await digest, size };
      const outcome = await blob.keep(target, { signal }).catch((): AheadOutcome => "declined");
      signal.throwIfAborted();
      if (outcome === "declined") return outcome;
      this.#count(file);
      if (outcome === "stored") emit({ type: "bytes", phase: "push", path, bytes: size });
      emit({ type: "file", phase: "push", path, outcome: outcome === "present" ? "present" : "done" });
      return outcome;
    } finally {
      await blob.discard();
    }
  }

  async #send(file: WalkedFile, digest: Promise<Digest>): Promise<AheadOutcome> {
    const { path, size } = file;
    const { pushAhead } = this.#store;
    if (!pushAhead) return "declined";
    const { onEvent: emit = () => {} } = this.#options;
    const signal = this.#signal;
    const release = await this.#uploads.acquire(1, signal);
    try {
      const onBytes = (bytes: number) => {
        this.#count(file);
        emit({ type: "bytes", phase: "push", path, bytes });
      };
      const content = { size, open: (start: number) => openUnwritten(file, start) };
      const outcome = await aboutFile(path, () => pushAhead.call(this.#store, content, digest, { signal, onBytes }));
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
