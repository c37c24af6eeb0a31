import { execFile, execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface Issue {
  /** File name, and the subject's common name. */
  readonly name: string;
  /** Names and addresses it is good for, as openssl writes them: `DNS:r.test,IP:127.0.0.1`. */
  readonly names?: string;
  /** Already over. */
  readonly expired?: boolean;
}

/** Why there are no certificates on this machine; undefined when there are. */
export const noOpenssl = ((): string | undefined => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "openssl, which makes the certificates of these tests, is not on this machine";
  }
})();

/** A certificate authority in a directory, made anew: its key leaves with the directory. */
export class Authority {
  readonly cert: string;
  readonly #directory: string;
  readonly #name: string;

  private constructor(directory: string, name: string, cert: string) {
    this.#directory = directory;
    this.#name = name;
    this.cert = cert;
  }

  static async create(directory: string, name: string): Promise<Authority> {
    const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
    const args = ["req", "-x509", ...newKey, "-days", "2", "-subj", `/CN=${name}`, "-keyout", key, "-out", cert];
    await run("openssl", args);
    return new Authority(directory, name, await readFile(cert, "utf8"));
  }

  /**
   * A certificate and its key, for servers and clients alike; also as `<name>.pem` and `<name>.key` in the directory.
   */
  async issue({ name, names = "IP:127.0.0.1", expired = false }: Issue): Promise<Identity> {
    const at = (file: string) => join(this.#directory, file);
    const [key, cert, request, extensions] = [`${name}.key`, `${name}.pem`, `${name}.csr`, `${name}.ext`].map(at) as [
      string,
      string,
      string,
      string,
    ];
    await writeFile(extensions, `subjectAltName=${names}\n`);
    await run("openssl", ["req", ...newKey, "-subj", `/CN=${name}`, "-keyout", key, "-out", request]);
    const authority = ["-CA", at(`${this.#name}.pem`), "-CAkey", at(`${this.#name}.key`), "-CAcreateserial"];
    // Day -1 is before day 0, when it starts: over before it began, on every version of openssl.
    const days = ["-days", expired ? "-1" : "2"];
    await run("openssl", ["x509", "-req", "-in", request, ...authority, ...days, "-extfile", extensions, "-out", cert]);
    return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
  }
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
