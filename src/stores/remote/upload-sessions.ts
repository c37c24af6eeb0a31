import type { Digest } from "../../base/digest.ts";
import { hasCode } from "../../base/errors.ts";
import type { CallOptions } from "../../oci/content.ts";
import { type PieceLimits, pieceLimits } from "./chunking.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasStatus } from "./http/error.ts";
import { sameOriginUrl } from "./http/redirect.ts";
import type { HttpResponse } from "./http/response.ts";
import { type HttpUrl, withQuery } from "./http/url.ts";

/** Sessions kept that a refused mount has opened; whoever mounts more than this pushes them in between. */
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

/** Opens, asks after and cancels upload sessions in one repository (end-4a, end-11, end-13, end-14). */
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
      if (this.#offered.size < sessionLimit) this.#offered.set(digest, opened(response));
      return false;
    } catch (error) {
      // No right to read the source, or no mounting at all: either way an ordinary push may still work.
      if (hasCode(error, "UNAUTHORIZED", "DENIED") || hasStatus(error, 400, 404, 405)) return false;
      throw error;
    }
  }

  /** Takes the session that a refused mount has left for this blob. */
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
export function receivedBytes(response: HttpResponse): number | undefined {
  const match = /^\s*(?:bytes[= ])?0-(-1|\d{1,15})\s*$/i.exec(response.header("range") ?? "");
  if (!match) return undefined;
  const last = Number(match[1]);
  return last <= 0 ? 0 : last + 1;
}
