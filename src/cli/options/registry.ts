import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { Registry } from "../../oci/content.ts";
import type { ConnectOptions } from "../../open.ts";
import { openTarget } from "../../open.ts";
import type { Credential } from "../../stores/remote/index.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";

/** Flags to reach a registry, named as oras names them. */
export interface RegistryOptions {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
  readonly identityToken?: string;
  readonly plainHttp?: boolean;
  readonly insecure?: boolean;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly registryConfig?: string;
}

/** Adds the registry flags to a command. */
export function addRegistryOptions(command: Command): Command {
  return command
    .option("-u, --username <name>", "registry user")
    .option(
      "-p, --password <secret>",
      "registry password; visible to other users of this machine, prefer --password-stdin",
    )
    .option("--password-stdin", "read the password from stdin")
    .option("--identity-token <token>", "refresh token instead of user and password")
    .option("--plain-http", "use HTTP; automatic for loopback")
    .option("--insecure", "accept any TLS certificate")
    .option("--ca-file <file>", "certificate authorities, PEM")
    .option("--cert-file <file>", "client certificate, PEM")
    .option("--key-file <file>", "client certificate's private key, PEM")
    .option("--registry-config <file>", "credentials file; default: Docker's config.json");
}

/** Opens a registry with the flags' connection settings and the user's stored credentials. */
export async function connect(context: Context, location: string, options: RegistryOptions): Promise<Registry> {
  if (location.startsWith("oci:")) return openTarget(location);
  return openTarget(location, await connection(context, options, await givenCredential(context, options)));
}

/** The flags as connection settings; a credential that was given goes before stored ones. */
export async function connection(
  context: Context,
  options: RegistryOptions,
  given: Credential | undefined,
): Promise<ConnectOptions> {
  const { DockerCredentials } = await import("../../stores/remote/index.ts");
  const stored = new DockerCredentials({ files: [credentialFile(context, options)] });
  const [ca, cert, key] = await Promise.all([options.caFile, options.certFile, options.keyFile].map(readPem));
  return {
    credentials: async (host) => given ?? (await stored.get(host)),
    onWarning: (text) => context.note(`registry warning: ${text}`),
    onEvent: context.onEvent,
    ...(options.plainHttp === undefined ? {} : { plainHttp: options.plainHttp }),
    ...(options.insecure ? { insecure: true } : {}),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  };
}

/** Where credentials are stored: --registry-config, $DOCKER_CONFIG, or ~/.docker. */
export function credentialFile({ env }: Context, options: RegistryOptions): string {
  return (
    options.registryConfig ?? join(env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker"), "config.json")
  );
}

/** The credential given on the command line, if any. */
export async function givenCredential(context: Context, options: RegistryOptions): Promise<Credential | undefined> {
  if (options.identityToken) return { identityToken: options.identityToken };
  if (options.password && options.passwordStdin)
    throw new UsageError("--password and --password-stdin exclude each other");
  const password = options.passwordStdin ? await context.readStdin() : options.password;
  if (options.username === undefined && password === undefined) return undefined;
  if (options.username === undefined) throw new UsageError("a password was given without --username");
  if (password === undefined) throw new UsageError("--username was given without --password-stdin or --password");
  return { username: options.username, password };
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return readFile(path, "utf8").catch((cause: Error) => {
    throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
  });
}
