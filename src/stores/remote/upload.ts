import type { ByteStream } from "../../base/bytes.ts";
import { verified } from "../../base/digest.ts";
import { isMregError } from "../../base/errors.ts";
import type { PushOptions } from "../../oci/content.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import type { BlobSource } from "../../oci/source.ts";
import type { RemoteBlobs } from "./blobs.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasStatus, RegistryError } from "./http/error.ts";
import { type HttpUrl, withQuery } from "./http/url.ts";
import type { UploadSessions } from "./upload-sessions.ts";

export interface UploadContext {
  readonly endpoint: Endpoint;
  readonly sessions: UploadSessions;
  readonly blobs: Pick<RemoteBlobs, "exists">;
}

/**
 * Uploads a blob in one PUT with Content-Length, the one form that every registry accepts.
 *
 * When the upload fails for a reason that may pass (401 in the middle, 408, 429, 5xx, reset, stall), it starts over:
 * a new session, and the source opened again from the beginning. Nothing is buffered.
 *
 * @throws {@link ContentError} when the source yields other bytes than its descriptor says; the body is then left
 * incomplete, so that no registry, however careless, has anything to store.
 */
export async function uploadBlob(context: UploadContext, source: BlobSource, options: PushOptions): Promise<void> {
  const { endpoint, sessions, blobs } = context;
  const progress = new Progress(options);
  let location = sessions.takeOffered(source.descriptor.digest);
  let hasReauthorized = false;
  for (let attempt = 0; ; attempt++) {
    const session = location ?? (await sessions.start(options));
    location = undefined;
    try {
      progress.restart();
      await put(endpoint, session, source, { ...options, onBytes: (count) => progress.add(count) });
      return;
    } catch (error) {
      if (!(error instanceof RegistryError)) await giveUp(sessions, session, error, options);
      if (!isRestart(error, endpoint, hasReauthorized) || attempt >= endpoint.client.retry.retries) throw error;
      hasReauthorized ||= hasStatus(error, 401);
      await endpoint.client.retry.wait(attempt, error, options.signal);
      // The answer may have got lost after the registry had stored everything.
      if (await blobs.exists(source.descriptor, options)) return;
    }
  }
}

async function put(endpoint: Endpoint, session: HttpUrl, source: BlobSource, options: PushOptions): Promise<void> {
  const { digest, size } = source.descriptor;
  const stream = withheld(verified(source.open(), source.descriptor));
  const response = await endpoint.client.send({
    method: "PUT",
    url: withQuery(session, "digest", digest),
    scopes: endpoint.push,
    // Anything else, and distribution parses the body as a form.
    headers: { "content-type": mediaTypes.octetStream },
    body: size === 0 ? await drained(stream) : { size, stream: counted(stream, options) },
    expect: [201],
    signal: options.signal,
  });
  await response.discard();
  const received = response.header("docker-content-digest");
  if (received === undefined || received === digest) return;
  throw response.error("BAD_RESPONSE", `stored ${JSON.stringify(received.slice(0, 150))}, expected ${digest}`);
}

/** A session that vanished (404) or lost count (416) is like a reset; a second 401 is final. */
function isRestart(error: unknown, { client }: Endpoint, hasReauthorized: boolean): error is RegistryError {
  if (hasStatus(error, 401)) return !hasReauthorized;
  return client.isRetryable(error, "PUT") || hasStatus(error, 404, 416);
}

async function giveUp(
  sessions: UploadSessions,
  session: HttpUrl,
  error: unknown,
  { signal }: PushOptions,
): Promise<never> {
  // An abort ends at once; another request would only hold it up.
  if (isMregError(error) && !signal?.aborted) await sessions.cancel(session);
  throw error;
}

/**
 * Hands out a stream one chunk late, so that the last one leaves only after the stream has ended without an error.
 *
 * {@link verified} gives its verdict after the last chunk; sending that chunk before would complete the request.
 */
async function* withheld(stream: ByteStream): ByteStream {
  let held: Uint8Array | undefined;
  for await (const chunk of stream) {
    if (chunk.byteLength === 0) continue;
    if (held) yield held;
    held = chunk;
  }
  if (held) yield held;
}

/** An empty blob has no stream to send, but its source must still be empty. */
async function drained(stream: ByteStream): Promise<Uint8Array> {
  for await (const _chunk of stream);
  return new Uint8Array();
}

async function* counted(stream: ByteStream, { onBytes }: PushOptions): ByteStream {
  for await (const chunk of stream) {
    yield chunk;
    onBytes?.(chunk.byteLength);
  }
}

/** Keeps the sum of reported bytes at what the registry has of the present attempt. */
class Progress {
  readonly #options: PushOptions;
  #sent = 0;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  add(count: number): void {
    this.#sent += count;
    this.#options.onBytes?.(count);
  }

  restart(): void {
    if (this.#sent > 0) this.#options.onBytes?.(-this.#sent);
    this.#sent = 0;
  }
}
