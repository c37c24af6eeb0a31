import { hasCode } from "../../base/errors.ts";
import type { CallOptions } from "../../oci/content.ts";
import { basicCode, type Credential } from "./auth/credentials.ts";
import type { RegistryClient } from "./http/client.ts";
import { hasStatus } from "./http/error.ts";
import type { HttpUrl } from "./http/url.ts";

/** Longer answers than "Pong" are not Harbor's. */
const pongLimitBytes = 64;

export interface HarborParts {
  readonly client: RegistryClient;
  readonly origin: string;
  /** What the user has for a repository, by its full name. */
  readonly credential: (repository: string) => Promise<Credential | undefined>;
}

/**
 * Harbor's own API, for the one thing that its registry API refuses (400, "always"): to remove a tag and nothing else.
 *
 * A registry counts as a Harbor when `GET /api/v2.0/ping` says `Pong` to anybody. It is asked only after it has refused
 * to delete a tag, and once.
 */
export class HarborApi {
  readonly #parts: HarborParts;
  #isHarbor: Promise<boolean> | undefined;

  constructor(parts: HarborParts) {
    this.#parts = parts;
  }

  async isThere(): Promise<boolean> {
    // Shared by all who ask, so that no one's abort may end it.
    this.#isHarbor ??= this.#ping();
    try {
      return await this.#isHarbor;
    } catch (error) {
      this.#isHarbor = undefined;
      throw error;
    }
  }

  /** @throws {@link RegistryError} with status 404 when there is no such tag. */
  async untag(repository: string, tag: string, { signal }: CallOptions = {}): Promise<void> {
    const [project = "", ...rest] = repository.split("/");
    // Encoded twice, as Harbor wants it: a proxy that decodes %2F once must not find a slash.
    const name = encodeURIComponent(encodeURIComponent(rest.join("/")));
    const path = `/api/v2.0/projects/${project}/repositories/${name}/artifacts/${tag}/tags/${tag}`;
    const response = await this.#parts.client.send({
      method: "DELETE",
      url: this.#url(path),
      scopes: [],
      // This API knows nothing of the registry's tokens, and does not ask for what it wants instead.
      authorization: basicHeader(await this.#parts.credential(repository)),
      expect: [200],
      signal,
    });
    await response.discard();
  }

  async #ping(): Promise<boolean> {
    const request = { method: "GET", url: this.#url("/api/v2.0/ping"), scopes: [], authorization: "" } as const;
    try {
      const response = await this.#parts.client.send({ ...request, expect: [200] });
      return (
        Buffer.from(await response.bytes(pongLimitBytes))
          .toString()
          .trim() === "Pong"
      );
    } catch (error) {
      if (hasCode(error, "LIMIT_EXCEEDED", "DENIED", "UNAUTHORIZED", "REDIRECT_REFUSED")) return false;
      if (hasStatus(error, 400, 404, 405, 406, 501)) return false;
      throw error;
    }
  }

  #url(path: string): HttpUrl {
    return { origin: this.#parts.origin, path };
  }
}

function basicHeader(credential: Credential | undefined): string {
  if (!credential || !("password" in credential)) return "";
  return `Basic ${basicCode(credential.username, credential.password)}`;
}
