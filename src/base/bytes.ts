import { ContentError } from "./errors.ts";

/** Bytes in chunks of any length. Untrusted until the iteration ends without an error. */
export type ByteStream = AsyncIterable<Uint8Array>;

/**
 * Reads a whole stream into memory.
 *
 * @param limitBytes - most bytes that are kept; the stream is closed as soon as it yields one more.
 * @throws {@link ContentError} `LIMIT_EXCEEDED`.
 */
export async function collect(stream: ByteStream, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > limitBytes) throw new ContentError("LIMIT_EXCEEDED", `content is longer than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
}

/** Decodes UTF-8 and refuses malformed sequences, which lenient decoders silently replace. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}
