import { type FileHandle, open } from "node:fs/promises";
import { ContentError } from "../base/errors.ts";
import { ModelError } from "./errors.ts";

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
