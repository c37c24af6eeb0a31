import { mapConcurrent } from "../base/concurrency.ts";
import { ContentError } from "../base/errors.ts";
import type { TransferListener } from "../base/events.ts";
import { type HashedContent, hashFile } from "../base/file-digest.ts";
import { fileReader } from "./range-reader.ts";
import { withStableFile } from "./stable-file.ts";
import type { WeightsHeader } from "./tensor.ts";
import type { WalkedFile } from "./walk.ts";
import { readWeightsHeader } from "./weights-header.ts";

/** A file with what one read of it told. */
export interface HashedFile extends WalkedFile, HashedContent {
  /** Present for weights in a format that mreg parses. */
  readonly header?: WeightsHeader;
}

export interface HashPassOptions {
  /** Files read at a time. Default 4: enough to keep a core hashing while others open and close small files. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: TransferListener | undefined;
}

/**
 * Reads every file once: digest, length, and the header of weights.
 *
 * @throws {@link ModelError} `UNSAFE_FORMAT` for weights whose header must not be believed.
 * @throws {@link ContentError} when a file changes while it is read; the message names it.
 */
export async function hashFiles(
  files: readonly WalkedFile[],
  options: HashPassOptions = {},
): Promise<readonly HashedFile[]> {
  const emit = options.onEvent ?? (() => {});
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  emit({ type: "begin", phase: "hash", files: files.length, bytes });
  const hashed = await mapConcurrent(
    files,
    options.concurrency ?? 4,
    async (file, signal) => {
      const result = await named(file.path, () => hashOne(file, { ...options, signal }));
      emit({ type: "file", phase: "hash", path: file.path, outcome: "done" });
      return result;
    },
    options.signal,
  );
  emit({ type: "end", phase: "hash" });
  return hashed;
}

function hashOne(file: WalkedFile, { signal, onEvent }: HashPassOptions): Promise<HashedFile> {
  return withStableFile(file.location, async (handle, size) => {
    const header = await readWeightsHeader(fileReader(handle, size), file.path);
    const onBytes = (bytes: number) => onEvent?.({ type: "bytes", phase: "hash", path: file.path, bytes });
    return { ...file, ...(await hashFile(handle, size, { signal, onBytes })), ...(header ? { header } : {}) };
  });
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
