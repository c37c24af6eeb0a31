import type { Digest } from "../../base/digest.ts";
import type { AheadContent, AheadOutcome, PushOptions } from "../../oci/content.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { hasStatus, RegistryError } from "./http/error.ts";
import { noPatchStatuses, type UploadContext } from "./upload.ts";
import { UploadProgress } from "./upload-progress.ts";
import type { UploadSession } from "./upload-sessions.ts";

/**
 * Uploads content in one PATCH while its digest is being computed, and closes the upload with the digest.
 *
 * It tries once. Whatever fails for a reason that may pass, or because the registry wants no long PATCH, ends in
 * `declined`; what the registry has got by then is left for the push that follows, which goes on from there.
 */
export async function uploadAhead(
  context: UploadContext,
  content: AheadContent,
  digest: Promise<Digest>,
  options: PushOptions,
): Promise<AheadOutcome> {
  if (!context.chunking.takesAhead(content.size)) return "declined";
  const upload = new AheadUpload(context, content, options);
  // By the time it is its turn its digest may be known: then asking goes before sending.
  const known = await Promise.race([digest, Promise.resolve(undefined)]);
  if (known !== undefined && (await upload.isStored(known))) return "present";
  const watch = known === undefined ? upload.watch(digest) : undefined;
  try {
    return await upload.run(digest);
  } finally {
    upload.end();
    await watch;
  }
}

class AheadUpload {
  readonly #context: UploadContext;
  readonly #content: AheadContent;
  readonly #options: PushOptions;
  readonly #progress: UploadProgress;
  /** Aborted when there is no more reason to send. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #verdict: "present" | "hash failed" | undefined;
  #isSent = false;
  #session: UploadSession | undefined;

  constructor(context: UploadContext, content: AheadContent, options: PushOptions) {
    this.#context = context;
    this.#content = content;
    this.#options = options;
    this.#progress = new UploadProgress(options);
    this.#signal = options.signal ? AbortSignal.any([options.signal, this.#stop.signal]) : this.#stop.signal;
  }

  end(): void {
    this.#stop.abort();
  }

  /** Stops the sending as soon as the digest says that it is for nothing. */
  async watch(digest: Promise<Digest>): Promise<void> {
    try {
      const known = await digest;
      // With everything sent, closing the upload costs no more than the question.
      if (this.#isSent || !(await this.isStored(known))) return;
      this.#verdict = "present";
    } catch {
      // A failed question is no verdict; a failed hash is reported by whoever waits for the digest.
      const isHashed = await digest.then(
        () => true,
        () => false,
      );
      if (isHashed) return;
      this.#verdict = "hash failed";
    }
    this.#stop.abort();
  }

  async run(digest: Promise<Digest>): Promise<AheadOutcome> {
    const { sessions, chunking } = this.#context;
    try {
      const session = await sessions.start({ signal: this.#signal });
      this.#session = session;
      const pieceBytes = chunking.pieceBytes(this.#content.size, session.limits);
      if (pieceBytes !== undefined && pieceBytes < this.#content.size) return await this.#leave("declined");
      if (!(await this.#send(session))) return await this.#leave("declined");
      this.#isSent = true;
      await sessions.finish(this.#session, { digest: await digest, body: new Uint8Array() }, { signal: this.#signal });
      return "stored";
    } catch (error) {
      return this.#settle(error, digest);
    }
  }

  /** @returns false when the registry has not kept all of it. */
  async #send(session: UploadSession): Promise<boolean> {
    const { size } = this.#content;
    const stream = this.#progress.counted(this.#content.open(0));
    const next = await this.#context.sessions.append(session, { end: size, stream }, { signal: this.#signal });
    this.#session = next;
    return next.received === size;
  }

  async #settle(error: unknown, digest: Promise<Digest>): Promise<AheadOutcome> {
    const { chunking, endpoint } = this.#context;
    if (this.#verdict === "present") return this.#leave("present");
    if (this.#verdict === "hash failed") {
      await this.#leave("declined");
      await digest;
    }
    this.#options.signal?.throwIfAborted();
    if (this.#isRefusal(error)) {
      chunking.refusedAhead();
      return this.#leave("declined");
    }
    const mayPass = endpoint.client.isRetryable(error, "PUT") || hasStatus(error, 401, 404, 416);
    // The answer may have got lost after the registry had stored everything.
    if (mayPass && this.#isSent && (await this.isStored(await digest))) return "stored";
    if (mayPass && (await this.#handOver(error, digest))) return "declined";
    await this.#leave("declined");
    if (mayPass) return "declined";
    throw error;
  }

  /**
   * Whether the registry wants no long PATCH, or has not kept what it took: GHCR takes 4 MiB, others none at all. A
   * wrong digest counts as that, too: the push that follows finds out whether it is the file that has changed.
   */
  #isRefusal(error: unknown): boolean {
    if (!this.#session || !hasStatus(error, 413, ...noPatchStatuses)) return false;
    return !error.registryCodes.some((code) => code.startsWith("BLOB_UPLOAD_"));
  }

  /** Finds out how much has arrived and leaves that to the push that follows. */
  async #handOver(error: unknown, digest: Promise<Digest>): Promise<boolean> {
    const { sessions, endpoint } = this.#context;
    if (!this.#session || !(error instanceof RegistryError)) return false;
    await endpoint.client.retry.wait(0, error, this.#options.signal);
    const state = await sessions.status(this.#session, this.#options);
    // More than was ever sent is no answer to build on.
    if (!state || state.received === 0 || state.received > this.#progress.sent) return false;
    const hashed = await digest.catch(() => undefined);
    if (hashed === undefined) return false;
    this.#progress.moveTo(0);
    sessions.offer(hashed, state);
    return true;
  }

  isStored(digest: Digest): Promise<boolean> {
    const target = { mediaType: mediaTypes.octetStream, digest, size: this.#content.size };
    return this.#context.blobs.exists(target, { signal: this.#signal });
  }

  async #leave(outcome: AheadOutcome): Promise<AheadOutcome> {
    this.#progress.moveTo(0);
    if (this.#session) await this.#context.sessions.cancel(this.#session);
    return outcome;
  }
}
