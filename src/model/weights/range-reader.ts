import { type FileHandle, open } from "node:fs/promises";
import { collect } from "../../base/bytes.ts";
import { ContentError } from "../../base/errors.ts";
import type { CallOptions, RangeFetcher } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { unsafe } from "./tensor.ts";

/** Random access to content, so that a header is read without the gigabytes behind it. */
export interface RangeReader {
  /** Length of the whole content in bytes. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes from `offset`; the caller stays within `size`.
   *
   * @throws {@link ContentError} `SIZE_MISMATCH` when the content ends before that.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Reads from bytes in memory. */
export function bytesReader(bytes: Uint8Array): RangeReader {
  return {
    size: bytes.byteLength,
    read: async (offset, length) => exactly(bytes.subarray(offset, offset + length), length),
  };
}

/** Reads from an open file; the caller closes it. */
export function fileReader(file: FileHandle, size: number): RangeReader {
  return {
    size,
    read: async (offset, length) => {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
      return exactly(buffer.subarray(0, bytesRead), length);
    },
  };
}

/** Reads parts of a blob. The bytes are not verified: what comes of them is shown, never decided upon. */
export function blobReader(store: RangeFetcher, target: Descriptor, options?: CallOptions): RangeReader {
  return {
    size: target.size,
    read: async (offset, length) => {
      if (length === 0) return new Uint8Array();
      const stream = store.fetchRange(target, { start: offset, end: offset + length }, options);
      return exactly(await collect(stream, length), length);
    },
  };
}

/**
 * Fetches the first bytes in one go, at the first read that needs any of them, and serves from them what lies within:
 * a length and the header behind it take one request instead of two, if the guess is long enough.
 */
export function readAhead(reader: RangeReader, prefixBytes: number): RangeReader {
  let prefix: Promise<Uint8Array> | undefined;
  return {
    size: reader.size,
    read: async (offset, length) => {
      if (offset >= prefixBytes) return reader.read(offset, length);
      prefix ??= reader.read(0, Math.min(reader.size, prefixBytes));
      const first = await prefix;
      const end = offset + length;
      if (end <= first.byteLength) return first.subarray(offset, end);
      const rest = await reader.read(first.byteLength, end - first.byteLength);
      return Buffer.concat([first.subarray(offset), rest]);
    },
  };
}

/** Reads a part as if it were all there is. */
export function slice(reader: RangeReader, start: number, size: number = reader.size - start): RangeReader {
  return { size, read: (offset, length) => reader.read(start + offset, length) };
}

/** Reads from a file by its path: it is opened for each part, so that nobody has to close it. */
export function pathReader(path: string, size: number): RangeReader {
  return {
    size,
    read: async (offset, length) => {
      const file = await open(path);
      try {
        return await fileReader(file, size).read(offset, length);
      } finally {
        await file.close();
      }
    },
  };
}

/**
 * Refuses to read more than so much of something that is far away: structures that lie scattered over gigabytes take a
 * request each.
 */
export function limitedReader(
  reader: RangeReader,
  limits: { readonly bytes: number; readonly reads: number },
): RangeReader {
  let [bytes, reads] = [0, 0];
  return {
    size: reader.size,
    read: async (offset, length) => {
      bytes += length;
      if (++reads > limits.reads || bytes > limits.bytes) {
        throw unsafe(`takes more than ${limits.reads} reads or ${limits.bytes} bytes to look at: pull it first`);
      }
      return reader.read(offset, length);
    },
  };
}

function exactly(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength === length) return bytes;
  throw new ContentError("SIZE_MISMATCH", `content ended after ${bytes.byteLength} of ${length} bytes`);
}
