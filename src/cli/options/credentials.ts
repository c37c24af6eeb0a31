import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { Credential, DockerCredentials } from "../../stores/remote/index.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { gather } from "./values.ts";

/** Flags about who the user is, named as oras names them. */
export interface CredentialOptions {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
  readonly identityToken?: string;
  readonly identityTokenStdin?: boolean;
  readonly registryConfig?: readonly string[];
}

export function addCredentialOptions(command: Command): Command {
  command
    .option("-u, --username <name>", "registry user")
    .option(
      "-p, --password <secret>",
      "registry password; visible to other users of this machine, prefer --password-stdin",
    )
    .option("--password-stdin", "read the password from stdin")
    .option("--identity-token <token>", "refresh token instead of user and password")
    .option("--identity-token-stdin", "read the refresh token from stdin");
  return addCredentialFileOption(command);
}

/** Adds `--registry-config`. */
export function addCredentialFileOption(command: Command): Command {
  const does = "credentials file, repeatable: the first is written to; default: those of docs/registries.md";
  return command.option("--registry-config <file>", does, gather);
}

/** The credential given on the command line, if any. */
export async function givenCredential(context: Context, options: CredentialOptions): Promise<Credential | undefined> {
  const { username, password, passwordStdin, identityToken, identityTokenStdin } = options;
  const secrets = [password, identityToken].filter((text) => text !== undefined).length;
  if (secrets + Number(passwordStdin ?? false) + Number(identityTokenStdin ?? false) > 1)
    throw new UsageError("--password, --identity-token and their -stdin forms exclude each other");
  if (secrets > 0) context.note("warning: a secret on the command line is visible to other users; use the -stdin form");
  if (identityToken !== undefined || identityTokenStdin)
    return { identityToken: notEmpty(identityToken ?? (await context.readStdin()), "identity token") };
  if (password === undefined && !passwordStdin) {
    if (username === undefined) return undefined;
    throw new UsageError("--username was given without --password-stdin or --password");
  }
  if (username === undefined) throw new UsageError("a password was given without --username");
  return { username, password: notEmpty(password ?? (await context.readStdin()), "password") };
}

/** An empty secret comes from an unset variable of a script; a registry would call it wrong, or worse, take it. */
function notEmpty(secret: string, what: string): string {
  if (secret !== "") return secret;
  throw new UsageError(`the ${what} is empty`);
}

/** Credentials stored before, by mreg, docker, oras or podman. */
export async function storedCredentials(context: Context, options: CredentialOptions): Promise<DockerCredentials> {
  const { DockerCredentials } = await import("../../stores/remote/index.ts");
  const files = credentialFiles(context, options);
  const text = context.env["DOCKER_AUTH_CONFIG"];
  const isExplicit = (options.registryConfig ?? []).length > 0;
  const inline = text && !isExplicit ? { inline: { name: "DOCKER_AUTH_CONFIG", text } } : {};
  return new DockerCredentials({ files, ...inline });
}

/** Where credentials are looked for, in order; the first one is written to. */
function credentialFiles({ env }: Context, { registryConfig = [] }: CredentialOptions): readonly string[] {
  if (registryConfig.length > 0) return registryConfig;
  const home = env["HOME"] || homedir();
  const podman = (directory: string) => join(directory, "containers", "auth.json");
  const files = [
    ...(env["REGISTRY_AUTH_FILE"] ? [env["REGISTRY_AUTH_FILE"]] : []),
    join(env["DOCKER_CONFIG"] || join(home, ".docker"), "config.json"),
    ...(env["XDG_RUNTIME_DIR"] ? [podman(env["XDG_RUNTIME_DIR"])] : []),
    podman(env["XDG_CONFIG_HOME"] || join(home, ".config")),
  ];
  return [...new Set(files)];
}
