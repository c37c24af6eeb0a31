import type { ByteStream } from "../../base/bytes.ts";
import type { PushOptions } from "../../oci/content.ts";
import type { BlobSource } from "../../oci/source.ts";
import type { Connections } from "../../transfer/connections.ts";
import type { RemoteBlobs } from "./blobs.ts";
import { type Chunking, pieceCountLimit } from "./chunking.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasStatus, RegistryError } from "./http/error.ts";
import { PieceReader } from "./piece-reader.ts";
import { UploadProgress } from "./upload-progress.ts";
import type { UploadSession, UploadSessions } from "./upload-sessions.ts";

export interface UploadContext {
  readonly endpoint: Endpoint;
  readonly sessions: UploadSessions;
  readonly chunking: Chunking;
  readonly blobs: Pick<RemoteBlobs, "exists">;
  /** As many uploads as callers like, until the registry refuses some. */
  readonly connections: Connections;
}

/** Times one upload goes on where it broke off: as often as a download. */
const resumeLimit = 100;

/** Answers to a first PATCH that mean "not in pieces", where a broken session would have been said of a later one. */
export const noPatchStatuses: readonly number[] = [400, 404, 405, 411, 415, 416, 501];

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
  readonly #progress: UploadProgress;
  #reader: PieceReader;
  #session: UploadSession | undefined;
  /** The body that is under way, or was when the request failed; empty for those without one. */
  #body: { readonly method: "PUT" | "PATCH"; readonly size: number } = { method: "PUT", size: 0 };
  #hasReauthorized = false;
  /** Why the registry would have no piece. */
  #refusal: RegistryError | undefined;
  /** The session goes on where the registry said that it stopped. */
  #isResumed = false;
  /** Counts as one of the registry's connections. */
  #isIn = false;

  constructor(context: UploadContext, source: BlobSource, options: PushOptions) {
    this.#context = context;
    this.#source = source;
    this.#options = options;
    this.#progress = new UploadProgress(options);
    this.#reader = new PieceReader(source);
  }

  close(): void {
    this.#reader.close();
    this.#leave();
  }

  async #enter(): Promise<void> {
    await this.#context.connections.acquire(this.#options.signal ?? new AbortController().signal);
    this.#isIn = true;
  }

  #leave(): void {
    if (this.#isIn) this.#context.connections.release();
    this.#isIn = false;
  }

  /** Whoever was one too many waits outside, and there are fewer from then on. */
  async #wait(attempt: number, error: RegistryError): Promise<void> {
    const { endpoint, connections } = this.#context;
    const isTooMany = hasStatus(error, 429);
    if (isTooMany) {
      connections.refused();
      this.#leave();
    }
    await endpoint.client.retry.wait(attempt, error, this.#options.signal);
    if (isTooMany) await this.#enter();
  }

  async abandon(): Promise<void> {
    if (this.#session) await this.#context.sessions.cancel(this.#session);
  }

  async run(): Promise<void> {
    const { sessions, blobs, endpoint } = this.#context;
    await this.#enter();
    this.#session = sessions.takeOffered(this.#source.descriptor.digest);
    this.#isResumed = (this.#session?.received ?? 0) > 0;
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
        await this.#wait(attempt, error);
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
   * Sends one piece.
   *
   * @returns the session as the registry then describes it; undefined when it has not kept the piece, or wants none.
   */
  async #patch(session: UploadSession, end: number): Promise<UploadSession | undefined> {
    const { sessions } = this.#context;
    const stream = this.#bytes("PATCH", session.received, end).stream;
    try {
      const next = await sessions.append(session, { end, stream }, this.#options);
      return next.received > session.received ? next : undefined;
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

  /** Sends the rest of the content, or nothing, and closes the upload. */
  async #put(session: UploadSession, bodyBytes: number): Promise<void> {
    const { digest } = this.#source.descriptor;
    const body = bodyBytes === 0 ? await this.#nothing() : this.#bytes("PUT", 0, bodyBytes);
    await this.#context.sessions.finish(session, { digest, body }, this.#options);
  }

  #bytes(method: "PUT" | "PATCH", start: number, end: number): { size: number; stream: ByteStream } {
    this.#body = { method, size: end - start };
    return { size: end - start, stream: this.#progress.counted(this.#reader.read(start, end)) };
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
