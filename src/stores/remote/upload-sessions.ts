import type { Digest } from "../../base/digest.ts";
import { hasCode } from "../../base/errors.ts";
import type { CallOptions } from "../../oci/content.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasStatus } from "./http/error.ts";
import { sameOriginUrl } from "./http/redirect.ts";
import type { HttpResponse } from "./http/response.ts";
import { type HttpUrl, withQuery } from "./http/url.ts";

/** Sessions kept that a refused mount has opened; whoever mounts more than this pushes them in between. */
const sessionLimit = 256;

/** Opens upload sessions in one repository (end-4a, end-11). */
export class UploadSessions {
  readonly #endpoint: Endpoint;
  readonly #offered = new Map<Digest, HttpUrl>();

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
      if (this.#offered.size < sessionLimit) this.#offered.set(digest, uploadLocation(response));
      return false;
    } catch (error) {
      // No right to read the source, or no mounting at all: either way an ordinary push may still work.
      if (hasCode(error, "UNAUTHORIZED", "DENIED") || hasStatus(error, 400, 404, 405)) return false;
      throw error;
    }
  }

  /** Takes the session that a refused mount has left for this blob. */
  takeOffered(digest: Digest): HttpUrl | undefined {
    const offered = this.#offered.get(digest);
    this.#offered.delete(digest);
    return offered;
  }

  /** end-4a */
  async start({ signal }: CallOptions = {}): Promise<HttpUrl> {
    const { client, push } = this.#endpoint;
    const url = this.#endpoint.uploads();
    const response = await client.send({ method: "POST", url, scopes: push, expect: [202], signal });
    await response.discard();
    return uploadLocation(response);
  }

  /** Cancels a session so that the registry need not keep what it holds. A courtesy: failure means nothing. */
  async cancel(location: HttpUrl): Promise<void> {
    const { client, push } = this.#endpoint;
    try {
      const response = await client.send({ method: "DELETE", url: location, scopes: push, expect: [204, 202, 200] });
      await response.discard();
    } catch {
      // Registries without cancellation clear old sessions by themselves.
    }
  }
}

function uploadLocation(response: HttpResponse): HttpUrl {
  const location = response.header("location");
  if (location === undefined)
    throw response.error("BAD_RESPONSE", "opened an upload without saying where (no Location)");
  return sameOriginUrl(response, location, "the upload Location");
}
