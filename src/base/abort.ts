import type { ByteStream } from "./bytes.ts";

/**
 * Passes a stream through until the signal is aborted, and then ends it with the signal's reason.
 *
 * For sources that take no signal themselves. The signal is also looked at after the last chunk: a reader that
 * aborted while it handled that chunk must not see success.
 */
export async function* abortable(
  stream: ByteStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal?.throwIfAborted();
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    yield chunk;
    signal?.throwIfAborted();
  }
}
