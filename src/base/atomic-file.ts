import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ByteStream } from "./bytes.ts";

export interface AtomicWriteOptions {
  /** Permission bits of the new file, before the umask. Default 0o644. */
  readonly mode?: number;
  /** Where the temporary file lives; must be on the same file system. Default: beside the target. */
  readonly temporaryDirectory?: string;
  readonly signal?: AbortSignal;
}

/** What a file is to hold, or who writes it. */
export type AtomicContent = ByteStream | Uint8Array | string | ((file: FileHandle) => Promise<void>);

/**
 * Writes a file so that its name appears only once all bytes are on disk.
 *
 * The bytes go to an exclusively created temporary file, are flushed, and are renamed over `path`. When the stream
 * fails, the temporary file is removed and `path` is as it was before. The name survives a power cut, too: whoever
 * writes two files in order finds them in that order.
 */
export async function writeFileAtomic(
  path: string,
  content: AtomicContent,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const directory = options.temporaryDirectory ?? dirname(path);
  await mkdir(directory, { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(directory, `.${basename(path).slice(0, 100)}.${randomBytes(6).toString("hex")}.tmp`);
  const file = await open(temporary, "wx", options.mode ?? 0o644);
  try {
    await writeAll(file, content, options.signal);
    await file.sync();
    await file.close();
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes renames in a directory durable, where the system can: Windows opens no directories, and needs it not. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  try {
    await directory?.sync();
  } catch {
    // Some network file systems refuse to sync a directory; the file itself is written and in place.
  } finally {
    await directory?.close();
  }
}

async function writeAll(file: FileHandle, content: AtomicContent, signal?: AbortSignal) {
  if (typeof content === "function") return content(file);
  if (typeof content === "string" || content instanceof Uint8Array) {
    await file.writeFile(content);
    return;
  }
  for await (const chunk of content) {
    signal?.throwIfAborted();
    // writeFile on a handle appends at its position and loops over short writes, unlike a single write().
    await file.writeFile(chunk);
  }
}
