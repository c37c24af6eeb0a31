import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { type Digest, sealDigest } from "../base/digest.ts";
import { ContentError } from "../base/errors.ts";
import { ModelError } from "./errors.ts";

/** With 1 MiB and a second buffer being filled meanwhile, Node hashes as fast as openssl (reference/performance.md §2a). */
const bufferBytes = 1024 * 1024;

export interface HashedContent {
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Opens a file, lets `work` look at it, and makes sure that nobody changed it meanwhile.
 *
 * @throws {@link ModelError} `FILE_MISSING` when it has gone.
 * @throws {@link ContentError} `SIZE_MISMATCH` or `DIGEST_MISMATCH` when its length or its time changed.
 */
export async function withStableFile<T>(
  location: string,
  work: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  const file = await openForReading(location);
  try {
    const before = await file.stat({ bigint: true });
    const result = await work(file, Number(before.size));
    const after = await file.stat({ bigint: true });
    if (after.size !== before.size) {
      throw new ContentError(
        "SIZE_MISMATCH",
        `it changed from ${before.size} to ${after.size} bytes while it was read`,
      );
    }
    if (after.mtimeNs !== before.mtimeNs) throw new ContentError("DIGEST_MISMATCH", "it was written while it was read");
    return result;
  } finally {
    await file.close();
  }
}

async function openForReading(location: string): Promise<FileHandle> {
  try {
    return await open(location, "r");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ModelError("FILE_MISSING", `${location} cannot be read: ${code}`, { cause, path: location });
  }
}

export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((count: number) => void) | undefined;
}

/**
 * Computes digest and length of an open file from its start to its end, hashing one buffer while the next is read.
 *
 * @param expectedBytes - only chooses the buffers' length, so that thousands of small files do not take megabytes each.
 */
export async function hashFile(
  file: FileHandle,
  expectedBytes: number,
  options: HashOptions = {},
): Promise<HashedContent> {
  const hash = createHash("sha256");
  const length = Math.min(bufferBytes, Math.max(expectedBytes, 4096));
  const buffers = [Buffer.allocUnsafe(length), Buffer.allocUnsafe(length)] as const;
  let size = 0;
  let turn: 0 | 1 = 0;
  let pending = file.read(buffers[turn], 0, length, 0);
  for (;;) {
    const { buffer, bytesRead } = await pending;
    options.signal?.throwIfAborted();
    if (bytesRead === 0) return { digest: sealDigest("sha256", hash), size };
    size += bytesRead;
    turn = turn === 0 ? 1 : 0;
    pending = file.read(buffers[turn], 0, length, size);
    hash.update(buffer.subarray(0, bytesRead));
    options.onBytes?.(bytesRead);
  }
}
