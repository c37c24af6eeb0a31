import type { ByteStream } from "../../base/bytes.ts";
import type { PushOptions } from "../../oci/content.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import type { BlobSource } from "../../oci/source.ts";
import type { RemoteBlobs } from "./blobs.ts";
import { type Chunking, pieceCountLimit } from "./chunking.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasStatus, RegistryError } from "./http/error.ts";
import { withQuery } from "./http/url.ts";
import { PieceReader } from "./piece-reader.ts";
import { nextLocation, receivedBytes, type UploadSession, type UploadSessions } from "./upload-sessions.ts";

export interface UploadContext {
  readonly endpoint: Endpoint;
  readonly sessions: UploadSessions;
  readonly chunking: Chunking;
  readonly blobs: Pick<RemoteBlobs, "exists">;
}

/** Times one upload goes on where it broke off: as often as a download. */
const resumeLimit = 100;

/** Answers to a first PATCH that mean "not in pieces", where a broken session would have been said of a later one. */
const noPatchStatuses: readonly number[] = [400, 404, 405, 411, 415, 416, 501];

/** What became of an attempt: everything is stored, or the same content must be sent another way. */
type Outcome = "stored" | "other way";

/**
 * Uploads one blob: in one PUT with Content-Length, the one form that every registry accepts, or in pieces where
 * {@link Chunking} says so.
 *
 * When it fails for a reason that may pass (401 in the middle, 408, 429, 5xx, reset, stall), it goes on where the
 * registry says that it stopped, by PATCH from there; where the registry cannot say, it starts over with a new session
 * and the source opened again from the beginning. Nothing is buffered.
 *
 * @throws {@link ContentError} when the source yields other bytes than its descriptor says; the body is then left
 * incomplete, so that no registry, however careless, has anything to store.
 */
export async function uploadBlob(context: UploadContext, source: BlobSource, options: PushOptions): Promise<void> {
  const upload = new BlobUpload(context, source, options);
  try {
    await upload.run();
  } catch (error) {
    await upload.abandon();
    throw error;
  } finally {
    upload.close();
  }
}

class BlobUpload {
  readonly #context: UploadContext;
  readonly #source: BlobSource;
  readonly #options: PushOptions;
  readonly #progress: Progress;
  #reader: PieceReader;
  #session: UploadSession | undefined;
  /** The body that is under way, or was when the request failed; empty for those without one. */
  #body: { readonly method: "PUT" | "PATCH"; readonly size: number } = { method: "PUT", size: 0 };
  #hasReauthorized = false;
  /** Why the registry would have no piece. */
  #refusal: RegistryError | undefined;
  /** The session goes on where the registry said that it stopped. */
  #isResumed = false;

  constructor(context: UploadContext, source: BlobSource, options: PushOptions) {
    this.#context = context;
    this.#source = source;
    this.#options = options;
    this.#progress = new Progress(options);
    this.#reader = new PieceReader(source);
  }

  close(): void {
    this.#reader.close();
  }

  async abandon(): Promise<void> {
    if (this.#session) await this.#context.sessions.cancel(this.#session);
  }

  async run(): Promise<void> {
    const { sessions, blobs, endpoint } = this.#context;
    this.#session = sessions.takeOffered(this.#source.descriptor.digest);
    for (let attempt = 0, resumed = 0; ; ) {
      const session = this.#session ?? (await sessions.start(this.#options));
      this.#session = session;
      this.#progress.moveTo(session.received);
      try {
        if ((await this.#send(session)) === "stored") return;
        await this.#restart("cancel");
      } catch (error) {
        if (this.#isOtherWay(error)) {
          await this.#restart("cancel");
          continue;
        }
        if (!this.#isPassing(error) || attempt >= endpoint.client.retry.retries) throw error;
        this.#hasReauthorized ||= hasStatus(error, 401);
        await endpoint.client.retry.wait(attempt, error, this.#options.signal);
        // The answer may have got lost after the registry had stored everything.
        if (await blobs.exists(this.#source.descriptor, this.#options)) return this.#progress.moveTo(this.#size);
        const hasMoved = resumed++ < resumeLimit && (await this.#resume(error, session.received));
        attempt = hasMoved ? 0 : attempt + 1;
        if (hasMoved) this.#hasReauthorized = false;
      }
    }
  }

  get #size(): number {
    return this.#source.descriptor.size;
  }

  async #send(session: UploadSession): Promise<Outcome> {
    const { chunking, blobs } = this.#context;
    const pieceBytes = chunking.pieceBytes(this.#size, session.limits);
    if (session.received === 0 && pieceBytes === undefined) {
      await this.#put(session, this.#size);
      return "stored";
    }
    // What is left of a broken PUT follows in one piece.
    if ((await this.#patchAll(pieceBytes ?? this.#size)) === "other way") return "other way";
    await this.#put(this.#session ?? session, 0);
    // Artifactory has been seen to keep the last piece only, and to call that success (wasmCloud#3405).
    if (await blobs.exists(this.#source.descriptor, this.#options)) return "stored";
    return this.#giveUpPieces(this.#session ?? session);
  }

  async #patchAll(pieceBytes: number): Promise<Outcome> {
    const { endpoint } = this.#context;
    if (this.#size / pieceBytes > pieceCountLimit) {
      throw new RegistryError(
        "BAD_RESPONSE",
        `takes pieces of ${pieceBytes} bytes at most, so that ${this.#size} bytes would be more than ${pieceCountLimit}`,
        { method: "PATCH", url: endpoint.uploads() },
      );
    }
    let cutShort = 0;
    for (let session = this.#session; session && session.received < this.#size; session = this.#session) {
      const end = Math.min(session.received + pieceBytes, this.#size);
      const next = await this.#patch(session, end);
      // A registry that takes a byte of each piece would keep us busy for ever.
      if (next && next.received < end) cutShort += 1;
      if (!next || cutShort > resumeLimit) return this.#giveUpPieces(session);
      this.#session = next;
      this.#progress.moveTo(next.received);
    }
    return "stored";
  }

  /**
   * Sends one piece (end-5).
   *
   * @returns the session as the registry then describes it; undefined when it has not kept the piece, or wants none.
   */
  async #patch(session: UploadSession, end: number): Promise<UploadSession | undefined> {
    const { endpoint } = this.#context;
    const start = session.received;
    try {
      const response = await endpoint.client.send({
        method: "PATCH",
        url: session.location,
        scopes: endpoint.push,
        // No "bytes", no "/size": distribution answers 500 to them.
        headers: { "content-type": mediaTypes.octetStream, "content-range": `${start}-${end - 1}` },
        body: this.#bytes("PATCH", start, end),
        // ECR says 201.
        expect: [202, 201, 204],
        signal: this.#options.signal,
      });
      await response.discard();
      const said = receivedBytes(response) ?? end;
      // One byte is "0-0", like none.
      const received = said === 0 && end === 1 ? 1 : said;
      if (received > end) throw response.error("BAD_RESPONSE", `has ${received} bytes, and was sent ${end}`);
      return received > start ? { ...session, received, location: nextLocation(response, session) } : undefined;
    } catch (error) {
      if (!(await this.#isAgainstPieces(error, session))) throw error;
      return undefined;
    }
  }

  /** Tells a refusal of pieces as such from one that starting over may help against. */
  async #isAgainstPieces(error: unknown, session: UploadSession): Promise<boolean> {
    const isVanished = hasStatus(error, 404) && error.registryCodes.some((code) => code.startsWith("BLOB_UPLOAD_"));
    if (!hasStatus(error, ...noPatchStatuses) || isVanished) return false;
    this.#refusal = error;
    if (session.received === 0) return true;
    if (error.status !== 416) return false;
    // It has what we think it has, and still does not want the next piece.
    const state = await this.#context.sessions.status(session, this.#options);
    return state?.received === session.received;
  }

  /** Sends the rest of the content, or nothing, and closes the upload (end-6). */
  async #put(session: UploadSession, bodyBytes: number): Promise<void> {
    const { endpoint } = this.#context;
    const { digest } = this.#source.descriptor;
    const response = await endpoint.client.send({
      method: "PUT",
      url: withQuery(session.location, "digest", digest),
      scopes: endpoint.push,
      // Anything else, and distribution parses the body as a form.
      headers: { "content-type": mediaTypes.octetStream },
      body: bodyBytes === 0 ? await this.#nothing() : this.#bytes("PUT", 0, bodyBytes),
      expect: [201],
      signal: this.#options.signal,
    });
    await response.discard();
    const received = response.header("docker-content-digest");
    if (received === undefined || received === digest) return;
    throw response.error("BAD_RESPONSE", `stored ${JSON.stringify(received.slice(0, 150))}, expected ${digest}`);
  }

  #bytes(method: "PUT" | "PATCH", start: number, end: number): { size: number; stream: ByteStream } {
    this.#body = { method, size: end - start };
    return { size: end - start, stream: counted(this.#reader.read(start, end), this.#progress) };
  }

  /** An empty body; that of an empty blob only after its source has turned out to be empty. */
  async #nothing(): Promise<Uint8Array> {
    this.#body = { method: "PUT", size: 0 };
    if (this.#size === 0) for await (const _chunk of this.#reader.read(0, 0));
    return new Uint8Array();
  }

  /** @throws {@link RegistryError} when the content does not go in one PUT either. */
  #giveUpPieces(session: UploadSession): Outcome {
    if (this.#context.chunking.lostPieces()) return "other way";
    throw new RegistryError("BAD_RESPONSE", "does not keep pieces, and refuses the whole as too long", {
      method: "PATCH",
      url: session.location,
      cause: this.#refusal,
    });
  }

  /** A body that was too long for the registry, or for a proxy in front of it, may be cut. */
  #isOtherWay(error: unknown): boolean {
    // After a first piece the same length is no longer the trouble: then the blob as a whole is too long.
    const isFirst = (this.#session?.received ?? 0) === 0;
    const { method, size } = this.#body;
    return hasStatus(error, 413) && isFirst && size > 0 && this.#context.chunking.refused(method, size);
  }

  /** A session that vanished (404) or lost count (416) is like a reset; a second 401 is final. */
  #isPassing(error: unknown): error is RegistryError {
    if (hasStatus(error, 401)) return !this.#hasReauthorized;
    // What the registry said that it had need not have been ours: then the whole has another digest.
    if (this.#isResumed && hasStatus(error, 400)) return true;
    return this.#context.endpoint.client.isRetryable(error, "PUT") || hasStatus(error, 404, 416);
  }

  /**
   * Finds out where the upload can go on; where it cannot, the next attempt starts over.
   *
   * @returns whether the registry has more than `before`.
   */
  async #resume(error: RegistryError, before: number): Promise<boolean> {
    const { sessions, chunking } = this.#context;
    const session = this.#session;
    const mayGoOn = session && chunking.takesPieces && !hasStatus(error, 400, 404);
    const state = mayGoOn ? await sessions.status(session, this.#options) : undefined;
    // More than was ever sent is no answer to build on.
    if (state && state.received > 0 && state.received <= this.#reader.seen) {
      this.#session = state;
      this.#isResumed = true;
      return state.received > before;
    }
    await this.#restart(error.status === undefined || hasStatus(error, 404) ? "leave" : "cancel");
    return false;
  }

  /** Makes the next attempt start with nothing. A session whose answer is only late must not be disturbed. */
  async #restart(farewell: "cancel" | "leave"): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#isResumed = false;
    this.#reader.close();
    this.#reader = new PieceReader(this.#source);
    this.#progress.moveTo(0);
    if (session && farewell === "cancel") await this.#context.sessions.cancel(session);
  }
}

async function* counted(stream: ByteStream, progress: Progress): ByteStream {
  for await (const chunk of stream) {
    yield chunk;
    progress.add(chunk.byteLength);
  }
}

/** Keeps the sum of reported bytes at what the registry has, as far as is known. */
class Progress {
  readonly #options: PushOptions;
  #sent = 0;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  add(count: number): void {
    this.#sent += count;
    if (count !== 0) this.#options.onBytes?.(count);
  }

  moveTo(received: number): void {
    this.add(received - this.#sent);
  }
}
