import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { type Digest, sealDigest } from "./digest.ts";

/** With 1 MiB and a second buffer being filled meanwhile, Node hashes as fast as openssl. */
const bufferBytes = 1024 * 1024;

export interface HashedContent {
  readonly digest: Digest;
  readonly size: number;
}

export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((count: number) => void) | undefined;
  /** Shown each chunk after it was hashed, before its memory is used again. */
  readonly onChunk?: ((chunk: Uint8Array) => void) | undefined;
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
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    options.onChunk?.(chunk);
    options.onBytes?.(bytesRead);
  }
}
