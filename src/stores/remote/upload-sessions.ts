import type { ByteStream } from "../../base/bytes.ts";
import type { Digest } from "../../base/digest.ts";
import { hasCode } from "../../base/errors.ts";
import type { CallOptions } from "../../oci/content.ts";
import { mediaTypes } from "../../oci/media-types.ts";
import { type PieceLimits, pieceLimits } from "./chunking.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasStatus } from "./http/error.ts";
import type { RequestBody } from "./http/exchange.ts";
import { sameOriginUrl } from "./http/redirect.ts";
import type { HttpResponse } from "./http/response.ts";
import { type HttpUrl, withQuery } from "./http/url.ts";

/** Sessions kept for pushes that follow; whoever mounts more than this pushes them in between. */
const sessionLimit = 256;

/** Longest wait for a cancellation, which holds up whoever aborts, and helps nobody but the registry. */
const cancelLimitMs = 2_000;

/** An upload that a registry has opened. */
export interface UploadSession {
  /** Where its next request goes, byte for byte as the registry has said last; older ones are void. */
  readonly location: HttpUrl;
  readonly limits: PieceLimits;
  /** Bytes that the registry has, from the start. */
  readonly received: number;
}

/**
 * Opens, fills, asks after and cancels upload sessions in one repository (end-4a, end-5, end-6, end-11, end-13,
 * end-14).
 */
export class UploadSessions {
  readonly #endpoint: Endpoint;
  readonly #offered = new Map<Digest, UploadSession>();

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * Asks for a blob of another repository.
   *
   * @returns false when the registry opened an upload instead (202); that one is then used by the push that follows.
   */
  async mount(digest: Digest, from: Endpoint, { signal }: CallOptions = {}): Promise<boolean> {
    const { client, push } = this.#endpoint;
    const url = withQuery(withQuery(this.#endpoint.uploads(), "mount", digest), "from", from.name);
    try {
      const scopes = [...push, ...from.pull];
      const response = await client.send({ method: "POST", url, scopes, expect: [201, 202], signal });
      await response.discard();
      if (response.status === 201) return true;
      this.offer(digest, opened(response));
      return false;
    } catch (error) {
      // No right to read the source, or no mounting at all: either way an ordinary push may still work.
      if (hasCode(error, "UNAUTHORIZED", "DENIED") || hasStatus(error, 400, 404, 405)) return false;
      throw error;
    }
  }

  /** Leaves a session for the push of this blob. */
  offer(digest: Digest, session: UploadSession): void {
    if (this.#offered.size < sessionLimit) this.#offered.set(digest, session);
  }

  /** Takes the session that a refused mount, or an upload that was ahead of its digest, has left for this blob. */
  takeOffered(digest: Digest): UploadSession | undefined {
    const offered = this.#offered.get(digest);
    this.#offered.delete(digest);
    return offered;
  }

  /** end-4a */
  async start({ signal }: CallOptions = {}): Promise<UploadSession> {
    const { client, push } = this.#endpoint;
    const url = this.#endpoint.uploads();
    const response = await client.send({ method: "POST", url, scopes: push, expect: [202], signal });
    await response.discard();
    return opened(response);
  }

  /**
   * Asks how much of an upload has arrived (end-13).
   *
   * @returns undefined where the registry cannot tell, or has thrown the upload away: docker-registry 2.8 does that
   * whenever it is asked after an interruption, zot as soon as a body breaks off.
   */
  async status(session: UploadSession, { signal }: CallOptions = {}): Promise<UploadSession | undefined> {
    const { client, push: scopes } = this.#endpoint;
    try {
      const url = session.location;
      const response = await client.send({ method: "GET", url, scopes, expect: [204, 202, 200], signal });
      await response.discard();
      const received = receivedBytes(response);
      return received === undefined ? undefined : { ...session, received, location: nextLocation(response, session) };
    } catch (error) {
      signal?.throwIfAborted();
      if (hasCode(error, "REDIRECT_REFUSED")) throw error;
      return undefined;
    }
  }

  /**
   * Sends bytes that follow what the registry has (end-5).
   *
   * @param end - offset in the content after the last of them.
   * @returns the session as the registry then describes it; it may have kept only some of the bytes, or none.
   */
  async append(
    session: UploadSession,
    body: { readonly end: number; readonly stream: ByteStream },
    { signal }: CallOptions = {},
  ): Promise<UploadSession> {
    const { client, push: scopes } = this.#endpoint;
    const { received: start, location: url } = session;
    const { end, stream } = body;
    const response = await client.send({
      method: "PATCH",
      url,
      scopes,
      // No "bytes", no "/size": distribution answers 500 to them.
      headers: { "content-type": mediaTypes.octetStream, "content-range": `${start}-${end - 1}` },
      body: { size: end - start, stream },
      // ECR says 201.
      expect: [202, 201, 204],
      signal,
    });
    await response.discard();
    const said = receivedBytes(response) ?? end;
    // One byte is "0-0", like none.
    const received = said === 0 && end === 1 ? 1 : said;
    if (received > end) throw response.error("BAD_RESPONSE", `has ${received} bytes, and was sent ${end}`);
    return { ...session, received, location: nextLocation(response, session) };
  }

  /** Sends the rest of the content, or nothing, and closes the upload (end-6). */
  async finish(
    session: UploadSession,
    { digest, body }: { readonly digest: Digest; readonly body: RequestBody },
    { signal }: CallOptions = {},
  ): Promise<void> {
    const { client, push: scopes } = this.#endpoint;
    const response = await client.send({
      method: "PUT",
      url: withQuery(session.location, "digest", digest),
      scopes,
      // Anything else, and distribution parses the body as a form.
      headers: { "content-type": mediaTypes.octetStream },
      body,
      expect: [201],
      signal,
    });
    await response.discard();
    const received = response.header("docker-content-digest");
    if (received === undefined || received === digest) return;
    throw response.error("BAD_RESPONSE", `stored ${JSON.stringify(received.slice(0, 150))}, expected ${digest}`);
  }

  /**
   * Cancels a session so that the registry need not keep what it holds (end-14).
   *
   * A courtesy: failure means nothing, and it takes {@link cancelLimitMs} at most, also for those who abort.
   */
  async cancel({ location }: UploadSession): Promise<void> {
    const { client, push: scopes } = this.#endpoint;
    const signal = AbortSignal.timeout(cancelLimitMs);
    try {
      const expect = [204, 202, 200];
      const response = await client.send({ method: "DELETE", url: location, scopes, expect, signal });
      await response.discard();
    } catch {
      // Registries without cancellation clear old sessions by themselves.
    }
  }
}

function opened(response: HttpResponse): UploadSession {
  const location = response.header("location");
  if (location === undefined)
    throw response.error("BAD_RESPONSE", "opened an upload without saying where (no Location)");
  return {
    location: sameOriginUrl(response, location, "the upload Location"),
    limits: pieceLimits(response),
    received: 0,
  };
}

/** Where a session goes on after an answer, which need not repeat the Location that still holds. */
export function nextLocation(response: HttpResponse, { location }: UploadSession): HttpUrl {
  const next = response.header("location");
  return next === undefined ? location : sameOriginUrl(response, next, "the upload Location");
}

/**
 * Reads the Range of an upload: `0-<last byte>`, from Quay with `bytes=` before it.
 *
 * `0-0` is what all registries say of an upload without a byte, so that it cannot also mean one byte; Quay says `0--1`.
 *
 * @returns undefined when there is none.
 */
function receivedBytes(response: HttpResponse): number | undefined {
  const match = /^\s*(?:bytes[= ])?0-(-1|\d{1,15})\s*$/i.exec(response.header("range") ?? "");
  if (!match) return undefined;
  const last = Number(match[1]);
  return last <= 0 ? 0 : last + 1;
}
