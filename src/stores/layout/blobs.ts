import { readSync } from "node:fs";
import { link, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { abortable } from "../../base/abort.ts";
import { type AtomicContent, TemporaryFile, writeFileAtomic } from "../../base/atomic-file.ts";
import type { ByteStream } from "../../base/bytes.ts";
import { type Digest, verified } from "../../base/digest.ts";
import { ContentError } from "../../base/errors.ts";
import type { ByteRange, ByteSink, CallOptions, PushOptions } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { StoreError } from "../../oci/errors.ts";
import type { BlobSource } from "../../oci/source.ts";
import { BlobWriter } from "./blob-writer.ts";
import type { LayoutDirectory } from "./directory.ts";
import { look, openRegular } from "./files.ts";
import { sweepUploads } from "./uploads.ts";

/** Read size; from 256 KiB on Node hashes as fast as openssl. */
const fileChunkBytes = 512 * 1024;
/** Read and written without letting anything else run: some 2 ms. */
const turnBytes = 4 * 1024 * 1024;

/** The files of one layout, by digest; manifests are files like any others. */
export class LayoutBlobs {
  readonly #directory: LayoutDirectory;

  constructor(directory: LayoutDirectory) {
    this.#directory = directory;
  }

  /** A file of another length is not the content: the next push replaces it. */
  async has({ digest, size }: Pick<Descriptor, "digest" | "size">): Promise<boolean> {
    if (!(await this.#directory.exists())) return false;
    const found = await look(this.#directory.blobPath(digest));
    return found?.kind === "file" && found.size === size;
  }

  async *fetch(target: Descriptor): ByteStream {
    const { file, size } = await this.#open(target);
    try {
      if (size !== target.size) throw sizeError(target, size);
      yield* verified(file.createReadStream({ highWaterMark: fileChunkBytes, autoClose: false }), target);
    } finally {
      await file.close();
    }
  }

  async *fetchRange(target: Descriptor, { start, end }: ByteRange): ByteStream {
    const { file } = await this.#open(target);
    try {
      if (start >= end) return;
      yield* file.createReadStream({ start, end: end - 1, highWaterMark: fileChunkBytes, autoClose: false });
    } finally {
      await file.close();
    }
  }

  /**
   * See RangeReceiver: straight from the file into the sink's memory, letting other work run every few milliseconds.
   */
  async receive(target: Descriptor, { start, end }: ByteRange, sink: ByteSink, { signal }: CallOptions): Promise<void> {
    const { file, size } = await this.#open(target);
    try {
      if (size !== target.size) throw sizeError(target, size);
      for (let at = start, next = start + turnBytes; at < end; ) {
        signal?.throwIfAborted();
        const room = sink.room();
        const count = readSync(file.fd, room, 0, Math.min(room.byteLength, end - at), at);
        if (count === 0) throw sizeError(target, at);
        at += count;
        if (!sink.filled(count)) return;
        if (at < next) continue;
        next = at + turnBytes;
        await turn();
      }
    } finally {
      await file.close();
    }
  }

  /** Writes content beside the blobs and moves it among them once it is verified. The layout must be there. */
  async write(source: BlobSource, options: PushOptions = {}): Promise<void> {
    await sweepUploads(this.#directory.uploadsPath);
    await writeFileAtomic(this.#directory.blobPath(source.descriptor.digest), contentOf(source, options), {
      temporaryDirectory: this.#directory.uploadsPath,
    });
  }

  /** Makes an empty file beside the blobs, for whoever computes its digest while writing it. */
  async stage(): Promise<TemporaryFile> {
    // Looks for links on the way, as has() does before write().
    await this.#directory.exists();
    await sweepUploads(this.#directory.uploadsPath);
    return TemporaryFile.create(this.#directory.uploadsPath, "staged");
  }

  /** Moves such a file among the blobs. The layout must be there. */
  async keep(staged: TemporaryFile, digest: Digest): Promise<void> {
    await staged.keep(this.#directory.blobPath(digest));
  }

  /**
   * Shares the file of another layout by a hard link. Files among the blobs never change, only their names do.
   *
   * @returns false where the file system cannot link them; the caller then copies.
   */
  async share(target: Descriptor, from: LayoutDirectory): Promise<boolean> {
    const path = this.#directory.blobPath(target.digest);
    await mkdir(dirname(path), { recursive: true });
    try {
      await link(from.blobPath(target.digest), path);
      return true;
    } catch {
      // Another device, a file system without links, too many links, or a name that is taken: a copy settles them all.
      return false;
    }
  }

  async delete({ digest }: Descriptor): Promise<boolean> {
    const path = this.#directory.blobPath(digest);
    if (!(await this.#directory.exists()) || !(await look(path))) return false;
    await rm(path, { force: true });
    return true;
  }

  async #open(target: Descriptor) {
    const exists = await this.#directory.exists();
    const opened = exists ? await openRegular(this.#directory.blobPath(target.digest)) : undefined;
    if (opened) return opened;
    throw new StoreError("NOT_FOUND", `${this.#directory.path} has no file for ${target.digest}`);
  }
}

function contentOf(source: BlobSource, { signal, onBytes }: PushOptions): AtomicContent {
  const { descriptor } = source;
  if (!source.pour) return counted(verified(abortable(source.lend?.() ?? source.open(), signal), descriptor), onBytes);
  const pour = source.pour.bind(source);
  return async ({ fd }) => {
    const writer = new BlobWriter(fd, descriptor, onBytes);
    await pour(writer, signal);
    writer.end();
  };
}

function sizeError(target: Descriptor, size: number): ContentError {
  const code = size > target.size ? "TRAILING_DATA" : "SIZE_MISMATCH";
  return new ContentError(code, `${target.digest} has ${size} bytes, expected ${target.size}`);
}

async function* counted(content: ByteStream, onBytes: PushOptions["onBytes"]): ByteStream {
  for await (const chunk of content) {
    yield chunk;
    onBytes?.(chunk.byteLength);
  }
}
