import { closeSync, constants, fdatasync, fstatSync, fsync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { StoreError } from "../oci/errors.ts";
import { Journal, type Journaled } from "./journal.ts";
import { RangeSet } from "./range-set.ts";

/**
 * Bytes that one connection writes between two lines of the journal: what a kill costs each of them at most. At least
 * this much, and for long files as much as makes some 32,000 lines, which is half a thousandth for sixteen connections.
 */
const journalStepBytes = 512 * 1024;
const journalLines = 32_768;
/** Bytes between two flushes to the disk. The last flush then has little left to do. */
const syncStepBytes = 64 * 1024 * 1024;

export interface PartialFileOptions {
  readonly path: string;
  readonly about: Journaled;
  /** Keep a journal beside it, under its name and `.journal`, and go on where that says. */
  readonly isResumable: boolean;
  /** Flush what is written to the disk. */
  readonly isDurable: boolean;
}

/** A file of known length that is filled in any order. It has all its length from the start, as a hole. */
export class PartialFile {
  readonly path: string;
  /** What was there when it was opened. */
  readonly resumedBytes: number;
  readonly #options: PartialFileOptions;
  readonly #file: number;
  readonly #done: RangeSet;
  readonly #journal: Journal | undefined;
  /** Stretches that are written and not in the journal yet, one for each place where somebody writes. */
  readonly #unnoted: { start: number; end: number }[] = [];
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;
  /** The system reports a failed write once, and not again to the last flush. */
  #syncFailure: { readonly error: unknown } | undefined;
  #isClosed = false;

  private constructor(options: PartialFileOptions, file: number, done: RangeSet) {
    const { path, about, isResumable } = options;
    this.path = path;
    this.#options = options;
    this.#file = file;
    this.#done = done;
    this.resumedBytes = done.size;
    this.#journal = isResumable ? Journal.create(journalPath(path), about, done) : undefined;
  }

  /**
   * Opens what an earlier run left, or makes an empty file. The directory is the caller's alone while this is open.
   *
   * @throws {@link StoreError} `ALREADY_EXISTS` when something else than a file is there.
   */
  static open(options: PartialFileOptions): PartialFile {
    const { path, about, isResumable } = options;
    // O_NOFOLLOW is missing on Windows; what is behind a link would be overwritten.
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o644);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile() || stats.nlink > 1) throw new StoreError("ALREADY_EXISTS", `${path} is not a file of ours`);
      const done = isResumable && stats.size === about.size ? Journal.read(journalPath(path), about) : new RangeSet();
      if (!isResumable) rmSync(journalPath(path), { force: true });
      if (done.size === 0) ftruncateSync(file, 0);
      ftruncateSync(file, about.size);
      return new PartialFile(options, file, done);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** Bytes from the start without a gap. */
  get frontier(): number {
    return this.#done.frontier;
  }

  get done(): RangeSet {
    return this.#done;
  }

  /** Writes bytes where they belong. Synchronous: they wait nowhere else than in the system's own cache. */
  write(bytes: Uint8Array, start: number): void {
    for (let written = 0; written < bytes.byteLength; ) {
      written += writeSync(this.#file, bytes, written, bytes.byteLength - written, start + written);
    }
    const end = start + bytes.byteLength;
    this.#done.add({ start, end });
    if (this.#journal) this.#note(start, end);
    this.#unsyncedBytes += bytes.byteLength;
    if (this.#options.isDurable && this.#unsyncedBytes >= syncStepBytes) this.#startSync();
  }

  /** Ends a complete file: everything is on the disk, and the journal is gone. */
  async finish(): Promise<void> {
    await this.#syncing;
    if (this.#syncFailure) throw this.#syncFailure.error;
    if (this.#options.isDurable) await promisify(fsync)(this.#file);
    this.#close();
    await this.#journal?.remove();
  }

  /** Lets go of an incomplete file. It stays for a later run when there is something in it to go on with. */
  async abandon(): Promise<void> {
    if (this.#isClosed) return;
    await this.#syncing;
    const isWorthKeeping = this.#journal !== undefined && this.#done.size > 0;
    for (const each of this.#unnoted) this.#journal?.add(each);
    this.#close();
    if (!isWorthKeeping) await this.#remove();
  }

  /** Removes the file and its journal. */
  async discard(): Promise<void> {
    await this.#syncing;
    this.#close();
    await this.#remove();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#journal?.close();
    closeSync(this.#file);
  }

  async #remove(): Promise<void> {
    await rm(this.path, { force: true });
    await this.#journal?.remove();
  }

  #note(start: number, end: number): void {
    const index = this.#unnoted.findIndex((each) => each.end === start);
    const stretch = this.#unnoted[index] ?? { start, end };
    stretch.end = end;
    if (end - stretch.start >= Math.max(journalStepBytes, this.#options.about.size / journalLines)) {
      this.#journal?.add(stretch);
      if (index >= 0) this.#unnoted.splice(index, 1);
    } else if (index < 0) this.#unnoted.push(stretch);
  }

  #startSync(): void {
    if (this.#syncing) return;
    this.#unsyncedBytes = 0;
    this.#syncing = promisify(fdatasync)(this.#file)
      .catch((error: unknown) => {
        this.#syncFailure ??= { error };
      })
      .finally(() => {
        this.#syncing = undefined;
      });
  }
}

export function journalPath(partial: string): string {
  return `${partial}.journal`;
}
