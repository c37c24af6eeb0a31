import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { objectAt, readQuietly, textAt } from "../../../base/shape.ts";
import type { RegistryError } from "../http/error.ts";
import { shown } from "../http/refusal.ts";
import { credentialLimitBytes } from "../limits.ts";
import { type Credential, credentialError, secretsOf } from "./credentials.ts";

/** A helper may ask for a keychain's password; whoever is there answers within two minutes. */
const helperLimitMs = 120_000;

/** Names part of a program: a path in it would let a configuration file start anything. */
const suffixPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function helperAnswerAt(value: unknown) {
  const { Username: username, Secret: secret } = objectAt(value, "");
  return { username: textAt(username, "Username"), secret: textAt(secret, "Secret") };
}

/** How the protocol marks an identity token. */
const tokenUser = "<token>";

export interface HelperOptions {
  /** Directories to look in, separated as in PATH. Default: the system looks in its own. */
  readonly helperPath?: string | undefined;
  readonly limitMs?: number | undefined;
}

/**
 * A program that keeps credentials in the system's keychain: `docker-credential-<suffix>`.
 *
 * Started without a shell. Errors name the program and never hold what went in or out as a credential.
 *
 * @see {@link https://github.com/docker/docker-credential-helpers#development}
 */
export class CredentialHelper {
  /** Its name, without a directory. */
  readonly program: string;
  readonly #options: HelperOptions;

  constructor(suffix: string, options: HelperOptions = {}) {
    if (!suffixPattern.test(suffix)) {
      throw credentialError(`${JSON.stringify(suffix.slice(0, 100))} is not the name of a credential helper`);
    }
    this.program = `docker-credential-${suffix}`;
    this.#options = options;
  }

  /** undefined when the keychain has nothing for this server. */
  async get(server: string): Promise<Credential | undefined> {
    const { code, output } = await this.#run("get", server);
    if (code !== 0) {
      if (/credentials not found|not found in (?:native )?keychain/i.test(output)) return undefined;
      throw this.#failure("get", output);
    }
    let json: unknown;
    try {
      json = JSON.parse(output);
    } catch (cause) {
      // The output may be half a credential: it is not shown, and neither is the parser's excerpt of it.
      throw credentialError(`${this.program} get did not answer with JSON (${(cause as Error).name})`);
    }
    const answer = readQuietly(json, helperAnswerAt);
    if (!answer) throw credentialError(`${this.program} get answered without Username and Secret`);
    const { username, secret } = answer;
    return username === tokenUser ? { identityToken: secret } : { username, password: secret };
  }

  /** Keeps a credential. Access tokens have no place in the protocol and are refused. */
  async store(server: string, credential: Credential): Promise<void> {
    if ("registryToken" in credential) throw credentialError(`${this.program} cannot keep an access token`);
    const [username, secret] =
      "password" in credential ? [credential.username, credential.password] : [tokenUser, credential.identityToken];
    const input = JSON.stringify({ ServerURL: server, Username: username, Secret: secret });
    const { code, output } = await this.#run("store", input);
    if (code !== 0) throw this.#failure("store", output, secretsOf(credential));
  }

  async erase(server: string): Promise<void> {
    const { code, output } = await this.#run("erase", server);
    if (code !== 0 && !/not found/i.test(output)) throw this.#failure("erase", output);
  }

  #failure(action: string, output: string, secrets: readonly string[] = []): RegistryError {
    return credentialError(`${this.program} ${action} failed: ${shown(output, secrets) || "it said nothing"}`);
  }

  async #run(action: string, input: string): Promise<{ code: number | null; output: string }> {
    const program = await this.#find();
    const child = spawn(program, [action], { shell: false, windowsHide: true, stdio: ["pipe", "pipe", "ignore"] });
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const stop = (reason: string) => {
        child.kill("SIGKILL");
        // What the helper started may hold the pipe open for ever.
        child.stdout.destroy();
        reject(credentialError(`${this.program} ${action} was stopped: ${reason}`));
      };
      const limitMs = this.#options.limitMs ?? helperLimitMs;
      const timer = setTimeout(() => stop(`no answer within ${limitMs} ms`), limitMs);
      child.stdout.on("data", (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size <= credentialLimitBytes) chunks.push(chunk);
        else stop(`more than ${credentialLimitBytes} bytes of output`);
      });
      // A helper that does not read its input closes the pipe; its exit code tells the rest.
      child.stdin.on("error", () => {});
      child.on("error", (cause) => reject(credentialError(`${this.program} cannot be started`, cause)));
      child.on("close", (code) => {
        clearTimeout(timer);
        resolve({ code, output: Buffer.concat(chunks).toString("utf8") });
      });
      child.stdin.end(input);
    });
  }

  async #find(): Promise<string> {
    const { helperPath } = this.#options;
    if (helperPath === undefined) return this.program;
    for (const directory of helperPath.split(delimiter)) {
      const candidate = join(directory, this.program);
      if (directory !== "" && (await isExecutable(candidate))) return candidate;
    }
    throw credentialError(`${this.program} is not in ${helperPath}`);
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
