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
