import { systemClock } from "../../base/clock.ts";
import { ContentError } from "../../base/errors.ts";
import { listLimit } from "../../base/limits.ts";
import { readQuietly } from "../../base/shape.ts";
import type { CallOptions, Capabilities, Registry } from "../../oci/content.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import type { Finding, ProbeContent } from "../../oci/probe.ts";
import { checkRepositoryName } from "../../oci/reference.ts";
import { Authorizer } from "./auth/authorizer.ts";
import { catalogScope } from "./auth/scope.ts";
import { fetchToken } from "./auth/token.ts";
import { Endpoint } from "./endpoint.ts";
import { HarborApi } from "./harbor.ts";
import { hostnameOf, isLocalHost } from "./http/address.ts";
import { RegistryClient } from "./http/client.ts";
import { hasStatus } from "./http/error.ts";
import { RetryPolicy } from "./http/retry.ts";
import { Transport } from "./http/transport.ts";
import { type HttpUrl, httpUrl } from "./http/url.ts";
import { WarningCollector } from "./http/warnings.ts";
import { listPageLimitBytes } from "./limits.ts";
import { defaultTimeouts, type RemoteOptions } from "./options.ts";
import { namesAt, pages } from "./paging.ts";
import { probeWire } from "./probe.ts";
import { RemoteRepository } from "./repository.ts";

/** Docker Hub answers under another name than the one everybody writes. */
const dockerHub = { host: "docker.io", dialled: "registry-1.docker.io" };

/** An OCI registry, reached over HTTP. Nothing is contacted before the first call. */
export class RemoteRegistry implements Registry {
  readonly location: string;
  readonly #prefix: string;
  readonly #origin: string;
  readonly #supports: Capabilities;
  readonly #options: RemoteOptions;
  readonly #harbor: HarborApi;
  readonly #transport: Transport;
  readonly #client: RegistryClient;
  /** One object per name, so that writers of one process queue up on the same list of referrers. */
  readonly #repositories = new Map<string, RemoteRepository>();

  /** @throws {@link InvalidInputError} `INVALID_REFERENCE` when host or prefix are none. */
  constructor(options: RemoteOptions) {
    const { host, prefix = "", clock = systemClock } = options;
    this.#origin = originOf(options);
    this.#prefix = prefix === "" ? "" : `${checkRepositoryName(prefix)}/`;
    this.location = prefix === "" ? host : `${host}/${prefix}`;
    this.#options = options;
    this.#supports = { delete: true, untag: true, mount: true, ...options.supports };
    this.#transport = new Transport({
      ...options,
      origin: this.#origin,
      userAgent: options.userAgent ?? "mreg",
      timeouts: { ...defaultTimeouts, ...options.timeouts },
    });
    const retry = new RetryPolicy(options.retry, options.onEvent);
    const authorizer = new Authorizer({
      host,
      ...(prefix === "" ? {} : { prefix }),
      origin: this.#origin,
      credentials: options.credentials,
      clock,
      fetchToken: (request) => fetchToken(request, { send: (http) => this.#transport.send(http), retry, clock }),
    });
    const warnings = new WarningCollector(options.onWarning);
    this.#client = new RegistryClient({ transport: this.#transport, authorizer, retry, clock, warnings });
    this.#harbor = new HarborApi({
      client: this.#client,
      origin: this.#origin,
      credential: async (repository) => options.credentials?.(host, repository),
    });
  }

  repository(name: string): RemoteRepository {
    const existing = this.#repositories.get(name);
    if (existing) return existing;
    const created = new RemoteRepository({
      name,
      location: `${this.location}/${name}`,
      endpoint: this.#endpoint(name),
      sibling: (other) => this.#endpoint(other),
      supports: this.#supports,
      harbor: this.#harbor,
      chunkBytes: this.#options.chunkBytes,
      aheadBytes: this.#options.aheadBytes,
      allowDummyManifest: this.#options.allowDummyManifest,
    });
    this.#repositories.set(name, created);
    return created;
  }

  /** Lists the repositories below the prefix by `_catalog`, which is no part of the specification. */
  async *repositories({ signal }: CallOptions = {}): AsyncIterable<string> {
    signal?.throwIfAborted();
    const url = this.#url("/v2/_catalog?n=1000");
    const seen = new Set<string>();
    try {
      for await (const page of pages(this.#client, {
        method: "GET",
        url,
        scopes: [catalogScope],
        expect: [200],
        signal,
      })) {
        const catalog = readQuietly(await page.json(listPageLimitBytes), (json) => namesAt(json, "repositories"));
        if (!catalog) throw page.error("BAD_RESPONSE", "answered JSON that is no catalog");
        for (const full of catalog) {
          const name = this.#below(full);
          if (name === undefined || seen.has(name)) continue;
          seen.add(name);
          if (seen.size > listLimit) throw new ContentError("LIMIT_EXCEEDED", `more than ${listLimit} repositories`);
          yield name;
        }
      }
    } catch (error) {
      if (!hasStatus(error, 401, 403, 404, 405)) throw error;
      throw new StoreError("UNSUPPORTED", `${this.location} does not list its repositories`, { cause: error });
    }
  }

  /**
   * Asks the registry for nothing but an answer (end-1).
   *
   * @throws {@link RegistryError} `UNAUTHORIZED` when it does not take the credentials.
   */
  async ping({ signal }: CallOptions = {}): Promise<void> {
    const url = this.#url("/v2/");
    const response = await this.#client.send({ method: "GET", url, scopes: [], expect: [200], signal });
    await response.discard();
    if (response.mediaType === "text/html")
      throw response.error("BAD_RESPONSE", "answered an HTML page, not a registry's");
  }

  /**
   * Asks what only this registry's answers over HTTP can tell, with the content of a probe that is at `repository`.
   *
   * It uploads the probe's spare blob; `probeStore` in `oci/` removes it with the rest.
   */
  probe(repository: string, content: ProbeContent, options?: CallOptions): Promise<readonly Finding[]> {
    const parts = { endpoint: this.#endpoint(repository), transport: this.#transport, clock: this.#options.clock };
    return probeWire(parts, content, options);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  #endpoint(name: string): Endpoint {
    checkRepositoryName(name);
    return new Endpoint(this.#client, this.#origin, checkRepositoryName(`${this.#prefix}${name}`));
  }

  #url(path: string): HttpUrl {
    return { origin: this.#origin, path };
  }

  /** The name below the prefix; undefined for others, and for names that no reference could spell. */
  #below(full: string): string | undefined {
    if (!full.startsWith(this.#prefix)) return undefined;
    const name = full.slice(this.#prefix.length);
    try {
      return checkRepositoryName(name);
    } catch {
      return undefined;
    }
  }
}

/** @throws {@link InvalidInputError} `INVALID_REFERENCE`. */
function originOf({ host, plainHttp }: RemoteOptions): string {
  const dialled = host === dockerHub.host ? dockerHub.dialled : host;
  const url = httpUrl(`https://${dialled}`);
  if (url?.path !== "/" || /[/?#@]/.test(host)) {
    throw new InvalidInputError("INVALID_REFERENCE", `${JSON.stringify(host.slice(0, 200))} is not a registry host`);
  }
  if (!(plainHttp ?? isLocalHost(hostnameOf(url.origin)))) return url.origin;
  return new URL(`http://${dialled}`).origin;
}
