import type { Credential } from "./credentials.ts";
import { credentialError } from "./credentials.ts";
import {
  credentialOf,
  type DockerConfig,
  entryOf,
  keysFor,
  namesFor,
  parseDockerConfig,
  serverOf,
} from "./docker-config.ts";
import { readDockerConfig, updateDockerConfig } from "./docker-config-file.ts";
import { CredentialHelper } from "./helper.ts";

export interface DockerCredentialsOptions {
  /** Paths of configuration files; the first is also written to, the others are read after it. */
  readonly files: readonly string[];
  /** A configuration that is no file, such as the value of DOCKER_AUTH_CONFIG. Goes before all files; never changed. */
  readonly inline?: { readonly name: string; readonly text: string };
  /** Directories with `docker-credential-…` programs, as in PATH. Default: the system looks in its own. */
  readonly helperPath?: string;
  /** Longest that one helper may take, in milliseconds. Default 120,000. */
  readonly helperLimitMs?: number;
  /** Longest that other writers of the first file are waited for, in milliseconds. Default 15,000. */
  readonly lockWaitMs?: number;
}

interface Found {
  readonly credential: Credential;
  /** The file, variable or program that keeps it. */
  readonly place: string;
}

/**
 * Credentials where Docker and its relatives keep them.
 *
 * The first configuration that knows the repository or its host wins. In each, the longest path goes first, as in
 * podman; for one name `credHelpers` comes before `credsStore` and that before `auths`, as in Docker. A keychain
 * without the host is not the end, since some tools write to `auths` although a store is configured.
 */
export class DockerCredentials {
  readonly #options: DockerCredentialsOptions;

  constructor(options: DockerCredentialsOptions) {
    this.#options = options;
  }

  /**
   * @param repository - full name on the registry; without it, what is kept for the whole host.
   * @throws {@link RegistryError} `UNAUTHORIZED` when a file or a helper cannot be read.
   */
  async get(host: string, repository?: string): Promise<Credential | undefined> {
    return (await this.#find(namesFor(host, repository)))?.credential;
  }

  /** Where {@link get} finds what it finds: a path, the name of the inline configuration, or a helper's program. */
  async placeOf(host: string, repository?: string): Promise<string | undefined> {
    return (await this.#find(namesFor(host, repository)))?.place;
  }

  /**
   * Keeps a credential: in the keychain when the first file names one, else in that file, readable by its owner only.
   *
   * @param name - a host, or a path on it (`quay.io/team`) whose repositories the credential is for.
   * @returns the file or the helper's program that has it now.
   */
  async store(name: string, credential: Credential): Promise<string> {
    const file = this.#primary();
    const config = await readDockerConfig(file);
    const helper = this.#helper(config, name);
    if (helper) {
      await helper.store(serverOf(name), credential);
      return helper.program;
    }
    if (config.credsStore && name.includes("/")) {
      throw credentialError(
        `${file} has a keychain (${JSON.stringify(config.credsStore)}), and those keep credentials of whole registries; ` +
          `expected a host without a path, or a file without credsStore`,
      );
    }
    await updateDockerConfig(file, (present) => withEntry(present, name, credential), this.#options.lockWaitMs);
    return file;
  }

  /**
   * Forgets the credential of a host or path, in the keychain and under every spelling in the first file.
   *
   * @returns whether there was one.
   */
  async erase(name: string): Promise<boolean> {
    const file = this.#primary();
    const config = await readDockerConfig(file);
    const helper = this.#helper(config, name);
    const wasKept = helper !== undefined && (await helper.get(serverOf(name))) !== undefined;
    if (wasKept) await helper.erase(serverOf(name));
    if (keysFor(config.auths ?? {}, name).length === 0) return wasKept;
    let wasListed = false;
    const change = (present: DockerConfig) => {
      const gone = keysFor(present.auths ?? {}, name);
      // Docker leaves an empty entry beside a keychain; it was no credential.
      wasListed = gone.some((key) => credentialOf(present.auths?.[key] ?? {}) !== undefined);
      const kept = Object.entries(present.auths ?? {}).filter(([key]) => !gone.includes(key));
      return gone.length === 0 ? undefined : { ...present, auths: Object.fromEntries(kept) };
    };
    await updateDockerConfig(file, change, this.#options.lockWaitMs);
    return wasKept || wasListed;
  }

  async #find(names: readonly string[]): Promise<Found | undefined> {
    const { inline, files } = this.#options;
    if (inline) {
      const found = await this.#findIn(parseDockerConfig(inline.text, inline.name), names, inline.name);
      if (found) return found;
    }
    for (const file of files) {
      const found = await this.#findIn(await readDockerConfig(file), names, file);
      if (found) return found;
    }
    return undefined;
  }

  async #findIn(config: DockerConfig, names: readonly string[], place: string): Promise<Found | undefined> {
    for (const name of names) {
      const helper = this.#helper(config, name);
      const kept = await helper?.get(serverOf(name));
      if (helper && kept) return { credential: kept, place: helper.program };
      for (const key of keysFor(config.auths ?? {}, name)) {
        const credential = credentialOf(config.auths?.[key] ?? {});
        if (credential) return { credential, place };
      }
    }
    return undefined;
  }

  /** A store for everything keeps hosts only; a path has a helper when it is named with it. */
  #helper(config: DockerConfig, name: string): CredentialHelper | undefined {
    const [key] = keysFor(config.credHelpers ?? {}, name);
    const special = key === undefined ? undefined : config.credHelpers?.[key];
    const suffix = special || (name.includes("/") ? undefined : config.credsStore);
    if (!suffix) return undefined;
    const { helperPath, helperLimitMs: limitMs } = this.#options;
    return new CredentialHelper(suffix, { helperPath, limitMs });
  }

  #primary(): string {
    const file = this.#options.files[0];
    if (file === undefined) throw credentialError("there is no file to keep credentials in");
    return file;
  }
}

function withEntry(config: DockerConfig, name: string, credential: Credential): DockerConfig {
  const key = keysFor(config.auths ?? {}, name)[0] ?? serverOf(name);
  // Fields of another kind of credential would win over the new one; everything else in the entry stays.
  const { auth, username, password, identitytoken, registrytoken, ...rest } = config.auths?.[key] ?? {};
  return { ...config, auths: { ...config.auths, [key]: { ...rest, ...entryOf(credential) } } };
}
