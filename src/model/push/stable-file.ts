import { type FileHandle, open } from "node:fs/promises";
import { checkUnwritten, type FileIdentity, fileIdentity } from "../../transfer/file-identity.ts";
import { ModelError } from "../errors.ts";

/**
 * Opens a file, lets `work` look at it, and makes sure that nobody changed it meanwhile.
 *
 * @throws {@link ModelError} `FILE_MISSING` when it has gone.
 * @throws {@link ContentError} `SIZE_MISMATCH` or `DIGEST_MISMATCH` when its length or its time changed.
 */
export async function withStableFile<T>(
  location: string,
  work: (file: FileHandle, size: number, identity: FileIdentity) => Promise<T>,
): Promise<T> {
  const file = await openForReading(location);
  try {
    const before = fileIdentity(await file.stat({ bigint: true }));
    const result = await work(file, Number(before.size), before);
    checkUnwritten(before, fileIdentity(await file.stat({ bigint: true })));
    return result;
  } finally {
    await file.close();
  }
}

async function openForReading(location: string): Promise<FileHandle> {
  try {
    return await open(location, "r");
  } catch (cause) {
    throw unreadable(location, cause);
  }
}

/** What the file system said when a file could not be opened, as an error of ours. */
export function unreadable(location: string, cause: unknown): ModelError {
  const { code } = cause as NodeJS.ErrnoException;
  return new ModelError("FILE_MISSING", `${location} cannot be read: ${code}`, { cause, path: location });
}
