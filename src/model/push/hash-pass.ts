import { type Clock, systemClock } from "../../base/clock.ts";
import { mapConcurrent } from "../../base/concurrency.ts";
import type { Digest } from "../../base/digest.ts";
import { ContentError, isMregError } from "../../base/errors.ts";
import type { TransferListener } from "../../base/events.ts";
import type { DigestCache } from "../../transfer/digest-cache.ts";
import { checkUnwritten } from "../../transfer/file-identity.ts";
import { HashPool } from "../../transfer/hash-pool.ts";
import type { Piece, Split } from "../../transfer/pieces/index.ts";
import { fileReader } from "../weights/range-reader.ts";
import type { WeightsHeader } from "../weights/tensor.ts";
import { hasWeightsHeader, readWeightsHeader } from "../weights/weights-header.ts";
import { unreadable, withStableFile } from "./stable-file.ts";
import type { WalkedFile } from "./walk.ts";

/** A file whose header was read, if it has one that mreg parses. */
export interface FileWithHeader extends WalkedFile {
  readonly header?: WeightsHeader;
}

/** A file with what one read of it told. */
export interface HashedFile extends FileWithHeader {
  readonly digest: Digest;
  /**
   * Where {@link HashPassOptions.split} asked for them, unless the file was not read because its digest is remembered.
   */
  readonly pieces?: readonly Piece[];
}

export interface HashPassOptions {
  /** Files read at a time. Default 4: enough to keep a core hashing while others open and close small files. */
  readonly concurrency?: number | undefined;
  /** Digests of files that were hashed before. What is hashed now is added. */
  readonly digests?: DigestCache | undefined;
  /** Reads every file, also those whose digest is remembered. */
  readonly rehash?: boolean | undefined;
  /** Says how to cut a file into pieces in the same read; undefined: not at all. */
  readonly split?: ((file: FileWithHeader) => Split | undefined) | undefined;
  /**
   * Told that a file begins to be hashed, all headers having been found sound; whoever wants may send it meanwhile.
   * The promise is rejected when the file turns out not to be what it was.
   *
   * @returns descriptor of an empty file that the very bytes are written to that are hashed; it stays shorter when that
   * fails. Hashing waits for it.
   */
  readonly onHashing?:
    | ((file: WalkedFile, digest: Promise<Digest>) => Promise<number | undefined> | undefined)
    | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: TransferListener | undefined;
}

/**
 * Reads the headers of all weights, and then every file once for its digest, save those whose digest is remembered.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT` for weights whose header must not be believed.
 * @throws {@link ContentError} when a file changes while it is read; the message names it.
 */
export async function hashFiles(
  files: readonly WalkedFile[],
  options: HashPassOptions = {},
): Promise<readonly HashedFile[]> {
  const concurrency = options.concurrency ?? 4;
  const known = await mapConcurrent(files, concurrency, (file) => withHeader(file), options.signal);
  const recalled = known.map(({ identity }) => (options.rehash ? undefined : options.digests?.get(identity)));
  const unknown = known.filter((_, index) => recalled[index] === undefined);
  const pass = new HashPass(unknown, options);
  try {
    return await mapConcurrent(
      known,
      concurrency,
      async (file, signal, index) => {
        const digest = recalled[index];
        return digest === undefined ? pass.hash(file, signal) : { ...file, digest };
      },
      options.signal,
    );
  } finally {
    await pass.end();
    // Also after a failure: what was hashed need not be hashed again.
    await options.digests?.save();
  }
}

async function withHeader(file: WalkedFile): Promise<FileWithHeader> {
  if (!hasWeightsHeader(file.path)) return file;
  const header = await named(file.path, () =>
    withStableFile(file.location, (handle, size, identity) => {
      checkUnwritten(file.identity, identity);
      return readWeightsHeader(fileReader(handle, size), file.path);
    }),
  );
  return header ? { ...file, header } : file;
}

class HashPass {
  readonly #options: HashPassOptions;
  readonly #pool: HashPool;
  readonly #emit: TransferListener;
  readonly #clock: Clock;

  constructor(files: readonly WalkedFile[], options: HashPassOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const sizes = files.map(({ size }) => size);
    this.#pool = new HashPool({ workers: HashPool.workersFor(sizes) });
    this.#emit = (files.length > 0 && options.onEvent) || (() => {});
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    this.#emit({ type: "begin", phase: "hash", files: files.length, bytes });
  }

  async hash(file: FileWithHeader, signal: AbortSignal): Promise<HashedFile> {
    const { path } = file;
    const { promise: digest, resolve, reject } = Promise.withResolvers<Digest>();
    // Whoever is told may look later; here the failure is reported in any case.
    digest.catch(() => {});
    try {
      const copyTo = await this.#options.onHashing?.(file, digest);
      const result = await named(path, () => this.#read(file, copyTo, signal));
      resolve(result.digest);
      this.#emit({ type: "file", phase: "hash", path, outcome: "done" });
      return result;
    } catch (error) {
      reject(error);
      throw error;
    }
  }

  async end(): Promise<void> {
    this.#emit({ type: "end", phase: "hash" });
    await this.#pool.close();
  }

  async #read(file: FileWithHeader, copyTo: number | undefined, signal: AbortSignal): Promise<HashedFile> {
    const { path, location, size, identity } = file;
    const { split, digests } = this.#options;
    const hashedAt = this.#clock();
    const onBytes = (bytes: number) => this.#emit({ type: "bytes", phase: "hash", path, bytes });
    try {
      const hashed = await this.#pool.hash({ location, size, split: split?.(file), copyTo, signal, onBytes });
      checkUnwritten(identity, hashed.identity);
      digests?.put(hashed.identity, hashed.digest, hashedAt);
      return { ...file, digest: hashed.digest, ...(hashed.pieces ? { pieces: hashed.pieces } : {}) };
    } catch (error) {
      if (signal.aborted || isMregError(error) || !isSystemError(error)) throw error;
      throw unreadable(location, error);
    }
  }
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === "string";
}

/** Runs work on a file's content; what is wrong with the content is reported under the file's path. */
export async function named<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof ContentError)) throw cause;
    throw new ContentError(cause.code, `${path}: ${cause.message}`, { cause });
  }
}
