import type { Command } from "commander";
import type { Registry } from "../../oci/content.ts";
import type { ConnectOptions } from "../../open.ts";
import { openTarget } from "../../open.ts";
import type { Credential } from "../../stores/remote/index.ts";
import type { Context } from "../context.ts";
import { addCredentialOptions, type CredentialOptions, givenCredential, storedCredentials } from "./credentials.ts";
import { addNetworkOptions, type NetworkOptions, network } from "./network.ts";

/** Flags to reach a registry. */
export interface RegistryOptions extends CredentialOptions, NetworkOptions {}

/** Adds the registry flags to a command. */
export function addRegistryOptions(command: Command): Command {
  return addNetworkOptions(addCredentialOptions(command));
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
  const stored = await storedCredentials(context, options);
  return {
    ...(await network(context, options)),
    credentials: async (host, repository) => given ?? (await stored.get(host, repository)),
    onWarning: (text) => context.note(`registry warning: ${text}`),
    onEvent: context.onEvent,
  };
}
