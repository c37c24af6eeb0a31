import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { basename } from "node:path";
import { EvidenceError } from "../errors.ts";
import { collectedDirectoryLimit, collectedFileLimitBytes } from "../limits.ts";

/**
 * Reads a file of whatever directory the user happens to be in, as a whole.
 *
 * @returns undefined when there is none: absent, a directory, a pipe, or not for us to read.
 * @throws {@link EvidenceError} `EVIDENCE_INVALID` for one that is longer than `limitBytes`.
 */
export async function readSmallFile(
  path: string,
  limitBytes: number = collectedFileLimitBytes,
): Promise<Buffer | undefined> {
  // Without O_NONBLOCK opening a pipe waits for its writer for good.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => undefined);
  if (!file) return undefined;
  try {
    const found = await file.stat();
    if (!found.isFile()) return undefined;
    if (found.size > limitBytes) {
      const message = `it has ${found.size} bytes, expected at most ${limitBytes}`;
      throw new EvidenceError("EVIDENCE_INVALID", message, { file: basename(path) });
    }
    // One more than the size, to notice one that grows meanwhile.
    const bytes = Buffer.alloc(found.size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === bytes.length) return bytes.subarray(0, Math.min(length, found.size));
    }
  } finally {
    await file.close();
  }
}

/** Reads a small text file, without a byte order mark. */
export async function readSmallText(path: string, limitBytes?: number): Promise<string | undefined> {
  const bytes = await readSmallFile(path, limitBytes);
  return bytes?.toString("utf8").replace(/^\uFEFF/, "");
}

/** Names in a directory, sorted; none when there is no such directory, and no more than a limit. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((): string[] => []);
  return names.sort().slice(0, collectedDirectoryLimit);
}
