import type { BigIntStats } from "node:fs";
import { ContentError } from "../base/errors.ts";

/**
 * What a file system says about a file's content without reading it: which file, and when it changed last.
 * `ctimeNs` is the time of the last change of any kind; programs can set `mtimeNs` back, but not that.
 */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** Nanoseconds since 1970, like the next. */
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export function fileIdentity({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

/**
 * A write may leave a file's time as it was when the last write was this short before: FAT counts in two seconds, and
 * no file system in use counts more coarsely.
 */
const grainNs = 2_000_000_000n;

/**
 * Tells whether every later write must change this identity. A file that was written within two seconds of the moment
 * when it was looked at, or later, could be written again without another time: git calls that racy.
 */
export function isSettled({ ctimeNs, mtimeNs }: FileIdentity, lookedAt: Date): boolean {
  const settledNs = BigInt(lookedAt.getTime()) * 1_000_000n - grainNs;
  return mtimeNs <= settledNs && ctimeNs <= settledNs;
}

/** Tells whether a file is still what it was when it had that other identity, if that was settled. */
export function isSameIdentity(one: FileIdentity, other: FileIdentity): boolean {
  return (
    one.dev === other.dev &&
    one.ino === other.ino &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs
  );
}

/**
 * Makes sure that nobody wrote to a file between two looks at it. Another name or other permissions are
 * no matter; another file under its name is.
 *
 * @throws {@link ContentError} `SIZE_MISMATCH` or `DIGEST_MISMATCH` when its length or its time changed.
 */
export function checkUnwritten(before: FileIdentity, after: FileIdentity): void {
  if (after.size !== before.size) {
    throw new ContentError("SIZE_MISMATCH", `it changed from ${before.size} to ${after.size} bytes while it was read`);
  }
  if (after.dev !== before.dev || after.ino !== before.ino || after.mtimeNs !== before.mtimeNs) {
    throw new ContentError("DIGEST_MISMATCH", "it was written while it was read");
  }
}
