import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { ContentError } from "../../base/errors.ts";

/** Tells whether an error of the file system means that there is no such file. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

/**
 * Opens a regular file for reading, or gives nothing when there is none under that very name.
 *
 * The layout may come from an attacker: a symbolic link as last component is not followed, and a named pipe does not
 * block. Directories above are the caller's to check.
 */
export async function openRegular(path: string): Promise<{ file: FileHandle; size: number } | undefined> {
  let file: FileHandle;
  try {
    // O_NOFOLLOW is missing on Windows, where making a link needs rights that an unpacked archive does not have.
    file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === "ELOOP") return undefined;
    throw error;
  }
  try {
    const stat = await file.stat();
    if (stat.isFile()) return { file, size: stat.size };
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/**
 * Reads a small regular file whole, or gives nothing when there is none.
 *
 * @throws {@link ContentError} `LIMIT_EXCEEDED`.
 */
export async function readRegular(path: string, limitBytes: number): Promise<Uint8Array | undefined> {
  const opened = await openRegular(path);
  if (!opened) return undefined;
  const { file, size } = opened;
  try {
    if (size > limitBytes) {
      throw new ContentError("LIMIT_EXCEEDED", `${path} has ${size} bytes, expected at most ${limitBytes}`);
    }
    const bytes = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** What is under a name, without following a link: a file with its length in bytes, a directory, something else. */
export async function look(path: string): Promise<{ kind: "file" | "directory" | "other"; size: number } | undefined> {
  try {
    const stat = await lstat(path);
    return { kind: stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other", size: stat.size };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
