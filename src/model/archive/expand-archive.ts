import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { ByteStream } from "../../base/bytes.ts";
import { ContentError } from "../../base/errors.ts";
import type { CallOptions } from "../../oci/content.ts";
import { ModelError } from "../errors.ts";
import { expandedArchiveLimitBytes, expandedArchiveLimitRatio } from "../limits.ts";
import type { LayerEncoding } from "../media-types.ts";

/** An archive, and how it is compressed. */
export interface CompressedArchive {
  /** Bytes, as they are. */
  readonly size: number;
  readonly encoding: Exclude<LayerEncoding, "raw">;
  /** For messages. */
  readonly name: string;
}

/**
 * Decompresses an archive on disk, complete and verified, beside itself, for readers of tar.
 *
 * @returns where the tar is; the archive itself when it is not compressed.
 * @throws like {@link expandStream}; nothing is left then.
 */
export async function expandArchive(
  location: string,
  archive: CompressedArchive,
  { signal }: CallOptions = {},
): Promise<string> {
  if (archive.encoding === "tar") return location;
  const expanded = `${location}.tar`;
  try {
    const content = expandStream(createReadStream(location), archive);
    await pipeline(content, createWriteStream(expanded), signal ? { signal } : {});
    return expanded;
  } catch (error) {
    await rm(expanded, { force: true });
    throw error;
  }
}

/**
 * Decompresses an archive that is passing by.
 *
 * @throws {@link ContentError} `LIMIT_EXCEEDED` for an archive that grows as only a bomb does.
 * @throws {@link ModelError} `CONFIG_INVALID` for a damaged one.
 */
export async function* expandStream(content: ByteStream, { size, encoding, name }: CompressedArchive): ByteStream {
  if (encoding === "tar") {
    yield* content;
    return;
  }
  const expander = encoding === "tar+gzip" ? createGunzip() : createZstdDecompress();
  const limitBytes = Math.max(expandedArchiveLimitBytes, size * expandedArchiveLimitRatio);
  // Failures of either end the iteration below, which reports them.
  const work = pipeline(content, expander).catch((error: unknown) => expander.destroy(error as Error));
  let expanded = 0;
  try {
    for await (const chunk of expander as AsyncIterable<Uint8Array>) {
      expanded += chunk.byteLength;
      if (expanded > limitBytes) {
        throw new ContentError("LIMIT_EXCEEDED", `${name} expands to more than ${limitBytes} bytes`);
      }
      yield chunk;
    }
  } catch (cause) {
    if (!isFormatError(cause)) throw cause;
    throw new ModelError("CONFIG_INVALID", `${name} is not a readable ${encoding}: ${cause.message}`, { cause });
  } finally {
    expander.destroy();
    await work;
  }
}

/** What zlib says of bytes that are not its format. */
function isFormatError(error: unknown): error is Error {
  return /^(?:Z_|ZSTD_|ERR_ZSTD)/.test(String((error as NodeJS.ErrnoException).code));
}
