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
  const temporary = await TemporaryFile.create(directory, basename(path), options.mode);
  try {
    await writeAll(temporary.file, content, options.signal);
    await temporary.keep(path);
  } catch (error) {
    await temporary.discard();
    throw error;
  }
}

/** A file of ours that gets its name when it is complete. */
export class TemporaryFile {
  /** Open for writing. */
  readonly file: FileHandle;
  readonly #path: string;
  #isKept = false;

  private constructor(file: FileHandle, path: string) {
    this.file = file;
    this.#path = path;
  }

  /**
   * Creates an empty one exclusively, and the directory if it is not there.
   *
   * @param stem - of its name, for people who find it there.
   */
  static async create(directory: string, stem: string, mode = 0o644): Promise<TemporaryFile> {
    await mkdir(directory, { recursive: true });
    const path = join(directory, `.${stem.slice(0, 100)}.${randomBytes(6).toString("hex")}.tmp`);
    return new TemporaryFile(await open(path, "wx", mode), path);
  }

  /** Flushes it and moves it to `path`, on the same file system, making directories on the way. */
  async keep(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await this.file.sync();
    await this.file.close();
    await rename(this.#path, path);
    this.#isKept = true;
    await syncDirectory(dirname(path));
  }

  /** Removes it, unless it was kept. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => {});
    if (!this.#isKept) await rm(this.#path, { force: true });
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
