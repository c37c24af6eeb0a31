import type { Digest } from "../../base/digest.ts";
import { isDigest, parseDigest } from "../../oci/digest.ts";
import { InvalidInputError } from "../../oci/errors.ts";
import { isTag } from "../../oci/reference.ts";
import { repositoryScope, type Scope } from "./auth/scope.ts";
import type { RegistryClient } from "./http/client.ts";
import { type HttpUrl, withQuery } from "./http/url.ts";

/** Entries asked for per page; registries cap it as they like, and ECR refuses more. */
const pageEntries = "1000";

/** The addresses of one repository, and the scopes that go with them (distribution-spec v1.1.1, "Endpoints"). */
export class Endpoint {
  readonly client: RegistryClient;
  readonly origin: string;
  /** Full name on the registry, prefix included. */
  readonly name: string;
  readonly pull: readonly Scope[];
  readonly push: readonly Scope[];
  readonly delete: readonly Scope[];

  constructor(client: RegistryClient, origin: string, name: string) {
    this.client = client;
    this.origin = origin;
    this.name = name;
    this.pull = [repositoryScope(name, "pull")];
    this.push = [repositoryScope(name, "pull", "push")];
    this.delete = [repositoryScope(name, "delete", "pull")];
  }

  /** end-2, end-10 */
  blob(digest: Digest): HttpUrl {
    return this.#url(`blobs/${parseDigest(digest)}`);
  }

  /** end-3, end-7, end-9. @throws {@link InvalidInputError} `INVALID_REFERENCE`. */
  manifest(reference: string): HttpUrl {
    return this.#url(`manifests/${checkManifestReference(reference)}`);
  }

  /** end-4a */
  uploads(): HttpUrl {
    return this.#url("blobs/uploads/");
  }

  /** end-8b */
  tags(): HttpUrl {
    return withQuery(this.#url("tags/list"), "n", pageEntries);
  }

  /** end-12b */
  referrers(digest: Digest, artifactType: string | undefined): HttpUrl {
    const url = this.#url(`referrers/${parseDigest(digest)}`);
    return artifactType === undefined ? url : withQuery(url, "artifactType", artifactType);
  }

  #url(rest: string): HttpUrl {
    return { origin: this.origin, path: `/v2/${this.name}/${rest}` };
  }
}

/** Anything else would become another path on the registry. */
function checkManifestReference(reference: string): string {
  if (isDigest(reference) || isTag(reference)) return reference;
  throw new InvalidInputError(
    "INVALID_REFERENCE",
    `${JSON.stringify(reference.slice(0, 200))} is neither a tag nor a digest`,
  );
}
