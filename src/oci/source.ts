import { createReadStream } from "node:fs";
import type { ByteStream } from "../base/bytes.ts";
import { lendFile } from "../base/file-stream.ts";
import type { ByteSink } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";

/**
 * Content that can be opened again at any offset.
 *
 * That is what makes retry, resume and a 401 in mid-upload work: nothing is buffered, the source is just read again.
 */
export interface BlobSource {
  readonly descriptor: Descriptor;
  /** @param offset - bytes to skip; 0 when absent. */
  open(offset?: number): ByteStream;
  /**
   * Opens it for a reader that keeps nothing: a chunk holds its bytes only until the next but one is asked for. Where
   * it is absent, chunks stay as they are.
   */
  lend?(offset?: number): ByteStream;
  /** Brings all of it into a sink, without allocating memory for each chunk. Absent where that is no better. */
  pour?(sink: ByteSink, signal?: AbortSignal): Promise<void>;
}

/** Content held in memory. */
export function bytesSource(descriptor: Descriptor, bytes: Uint8Array): BlobSource {
  return {
    descriptor,
    async *open(offset = 0) {
      if (offset < bytes.byteLength) yield bytes.subarray(offset);
    },
  };
}

/** Read size of files; from 256 KiB on Node hashes as fast as openssl. */
const fileChunkBytes = 512 * 1024;

/** Content of a file. Whoever sends it verifies it against `descriptor`: the file may change while it is read. */
export function fileSource(descriptor: Descriptor, path: string): BlobSource {
  return {
    descriptor,
    open: (offset = 0) => createReadStream(path, { start: offset, highWaterMark: fileChunkBytes }),
    lend: (offset = 0) => lendFile(path, { start: offset }),
  };
}
