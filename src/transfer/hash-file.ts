import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { sealDigest } from "../base/digest.ts";
import type { HashedContent } from "../base/file-digest.ts";
import { checkUnwritten, type FileIdentity, fileIdentity } from "./file-identity.ts";
import { type Piece, PieceHasher, type Split } from "./pieces/index.ts";
import { Tee } from "./tee.ts";

/** Read at a time. Node hashes no faster with more, and the processor's cache holds no more. */
export const hashBufferBytes = 1024 * 1024;

/** The same where the bytes are written, too: they leave the processor's cache sooner (docs/decisions/026). */
const copyBytes = 256 * 1024;

/** What one read of a file told. */
export interface FileHash extends HashedContent {
  /** The file as it was when the read began. It was not written to until the read ended. */
  readonly identity: FileIdentity;
  readonly pieces?: readonly Piece[];
}

export interface ReadHooks {
  readonly split?: Split | undefined;
  /** Descriptor of a file that the bytes are written to as well. It stays shorter when that fails. */
  readonly copyTo?: number | undefined;
  /** Where the bytes go meanwhile; it may be used again and again. */
  readonly buffer: Uint8Array;
  /** Told about bytes hashed since the last call. It may throw, which ends the read. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/**
 * Computes digest and length of a file, without letting anything else run meanwhile: for small files, and for threads
 * that have nothing else to do.
 *
 * @throws {@link ContentError} when the file is written while it is read; the file system's error when it cannot be.
 */
export function hashFileSync(location: string, { split, copyTo, buffer, onBytes }: ReadHooks): FileHash {
  const file = openSync(location, "r");
  try {
    const before = fileIdentity(fstatSync(file, { bigint: true }));
    const hash = createHash("sha256");
    const pieces = split && new PieceHasher(split);
    const copy = copyTo === undefined ? undefined : new Tee(copyTo);
    const length = copy ? Math.min(copyBytes, buffer.byteLength) : buffer.byteLength;
    let size = 0;
    for (;;) {
      const count = readSync(file, buffer, 0, length, null);
      if (count === 0) break;
      const chunk = buffer.subarray(0, count);
      hash.update(chunk);
      pieces?.update(chunk);
      copy?.write(chunk);
      size += count;
      onBytes?.(count);
    }
    checkUnwritten(before, fileIdentity(fstatSync(file, { bigint: true })));
    return {
      digest: sealDigest("sha256", hash),
      size,
      identity: before,
      ...(pieces ? { pieces: pieces.end() } : {}),
    };
  } finally {
    closeSync(file);
  }
}
