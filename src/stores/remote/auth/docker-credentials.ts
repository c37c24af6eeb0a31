import type { Credential } from "./credentials.ts";
import { credentialError } from "./credentials.ts";
import {
  credentialOf,
  type DockerConfig,
  entryOf,
  keyFor,
  readDockerConfig,
  serverOf,
  writeDockerConfig,
} from "./docker-config.ts";
import { CredentialHelper } from "./helper.ts";

export interface DockerCredentialsOptions {
  /** Paths of configuration files; the first is also written to, the others are read after it. */
  readonly files: readonly string[];
  /** Directories with `docker-credential-…` programs, as in PATH. Default: the system looks in its own. */
  readonly helperPath?: string;
  /** Longest that one helper may take, in milliseconds. Default 120,000. */
  readonly helperLimitMs?: number;
}

/**
 * Credentials where Docker and its relatives keep them.
 *
 * In each file `credHelpers` for the host comes before `credsStore` and that before `auths`, as in Docker; a keychain
 * without the host is not the end, since some tools write to `auths` although a store is configured.
 */
export class DockerCredentials {
  readonly #options: DockerCredentialsOptions;

  constructor(options: DockerCredentialsOptions) {
    this.#options = options;
  }

  /** @throws {@link RegistryError} `UNAUTHORIZED` when a file or a helper cannot be read. */
  async get(host: string): Promise<Credential | undefined> {
    for (const file of this.#options.files) {
      const config = await readDockerConfig(file);
      const kept = await this.#helper(config, host)?.get(serverOf(host));
      if (kept) return kept;
      const key = keyFor(config.auths ?? {}, host);
      const entry = key === undefined ? undefined : config.auths?.[key];
      const credential = entry && credentialOf(entry);
      if (credential) return credential;
    }
    return undefined;
  }

  /**
   * Keeps a credential: in the keychain when the first file names one, else in that file, readable by its owner only.
   */
  async store(host: string, credential: Credential): Promise<void> {
    const { file, config } = await this.#primary();
    const helper = this.#helper(config, host);
    if (helper) return helper.store(serverOf(host), credential);
    const key = keyFor(config.auths ?? {}, host) ?? serverOf(host);
    // Fields of another kind of credential would win over the new one; everything else in the entry stays.
    const { auth, username, password, identitytoken, registrytoken, ...rest } = config.auths?.[key] ?? {};
    const auths = { ...config.auths, [key]: { ...rest, ...entryOf(credential) } };
    await writeDockerConfig(file, { ...config, auths });
  }

  /** Forgets the credential of a host, in the keychain and in the file. Success when there was none. */
  async erase(host: string): Promise<void> {
    const { file, config } = await this.#primary();
    await this.#helper(config, host)?.erase(serverOf(host));
    const key = keyFor(config.auths ?? {}, host);
    if (key === undefined) return;
    const { [key]: _gone, ...auths } = config.auths ?? {};
    await writeDockerConfig(file, { ...config, auths });
  }

  #helper(config: DockerConfig, host: string): CredentialHelper | undefined {
    const key = keyFor(config.credHelpers ?? {}, host);
    const suffix = (key === undefined ? undefined : config.credHelpers?.[key]) || config.credsStore;
    if (!suffix) return undefined;
    const { helperPath, helperLimitMs: limitMs } = this.#options;
    return new CredentialHelper(suffix, { helperPath, limitMs });
  }

  async #primary(): Promise<{ file: string; config: DockerConfig }> {
    const file = this.#options.files[0];
    if (file === undefined) throw credentialError("there is no file to keep credentials in");
    return { file, config: await readDockerConfig(file) };
  }
}
