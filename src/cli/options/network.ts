import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve as resolvePath } from "node:path";
import type { Command } from "commander";
import type { ConnectOptions } from "../../open.ts";
import type { HostAddress, ProxyOptions } from "../../stores/remote/index.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { gather } from "./values.ts";

/** Flags about the way to a registry, named as oras names them. */
export interface NetworkOptions {
  readonly plainHttp?: boolean;
  readonly insecure?: boolean;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly resolve?: readonly string[];
}

export function addNetworkOptions(command: Command): Command {
  return command
    .option("--plain-http", "use HTTP; automatic for loopback")
    .option("--no-plain-http", "use HTTPS for loopback, too")
    .option("--insecure", "accept any TLS certificate of the registry")
    .option("--ca-file <file>", "certificate authorities, PEM")
    .option("--cert-file <file>", "client certificate, PEM")
    .option("--key-file <file>", "client certificate's private key, PEM")
    .option(
      "--resolve <host:port:addr[:port]>",
      "connect there instead of asking the name service, repeatable",
      gather,
    );
}

/** The flags, and the environment's proxies, as connection settings. */
export async function network(context: Context, options: NetworkOptions): Promise<ConnectOptions> {
  const remote = await import("../../stores/remote/index.ts");
  const proxy = environmentProxy(context.env, (text) => remote.parseProxy(text) !== undefined);
  const resolve = (options.resolve ?? []).map((text) => readResolve(text, remote.parseHostAddress(text)));
  return {
    ...(await tlsFiles(context.cwd, options)),
    ...(proxy ? { proxy } : {}),
    ...(resolve.length > 0 ? { resolve } : {}),
    ...(options.plainHttp === undefined ? {} : { plainHttp: options.plainHttp }),
    ...(options.insecure ? { insecure: true } : {}),
  };
}

/** The proxies of the environment; lower case goes first, as in curl. */
function environmentProxy(env: NodeJS.ProcessEnv, isProxy: (text: string) => boolean): ProxyOptions | undefined {
  // In a CGI program HTTP_PROXY is the request's header "Proxy", which anybody can send (httpoxy).
  const isCgi = env["REQUEST_METHOD"] !== undefined;
  const http = readProxy("http_proxy") ?? (isCgi ? undefined : readProxy("HTTP_PROXY"));
  const https = readProxy("https_proxy") ?? readProxy("HTTPS_PROXY");
  const noProxy = env["no_proxy"] || env["NO_PROXY"];
  return http || https ? { http, https, noProxy } : undefined;

  function readProxy(name: string): string | undefined {
    const text = env[name];
    if (!text) return undefined;
    // Not quoted: it may hold a password.
    if (!isProxy(text)) throw new UsageError(`${name} is not the URL of an http or https proxy`);
    return text;
  }
}

function readResolve(text: string, address: HostAddress | undefined): HostAddress {
  if (address) return address;
  throw new UsageError(
    `--resolve is ${JSON.stringify(text)}, expected host:port:address or host:port:address:port, IPv6 in brackets`,
  );
}

async function tlsFiles(cwd: string, { caFile, certFile, keyFile }: NetworkOptions): Promise<ConnectOptions> {
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new UsageError(`${certFile ? "--cert-file" : "--key-file"} is given alone, expected both`);
  const ca = caFile === undefined ? undefined : (await readCertificate(cwd, caFile)).pem;
  if (certFile === undefined || keyFile === undefined) return ca ? { ca } : {};
  const { pem: cert, certificate } = await readCertificate(cwd, certFile);
  const key = await readPem(cwd, keyFile);
  let isPair: boolean;
  try {
    isPair = certificate.checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new UsageError(`${keyFile} is not a private key in PEM without a password`, { cause });
  }
  if (!isPair) throw new UsageError(`${keyFile} is not the key of the certificate in ${certFile}`);
  return { ...(ca ? { ca } : {}), cert, key };
}

async function readCertificate(cwd: string, path: string): Promise<{ pem: string; certificate: X509Certificate }> {
  const pem = await readPem(cwd, path);
  try {
    return { pem, certificate: new X509Certificate(pem) };
  } catch (cause) {
    throw new UsageError(`${path} holds no certificate in PEM`, { cause });
  }
}

async function readPem(cwd: string, path: string): Promise<string> {
  return readFile(resolvePath(cwd, path), "utf8").catch((cause: Error) => {
    throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
  });
}
