import type { Command } from "commander";
import type { Reference } from "../../oci/reference.ts";
import { absoluteLocation } from "../config.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { RegistryOptions } from "./registry.ts";
import { registryLocation } from "./target.ts";

/** Flags to reach the source of a copy; those of every command are the destination's. */
export interface SourceOptions {
  readonly fromUsername?: string;
  readonly fromPasswordStdin?: boolean;
  readonly fromPlainHttp?: boolean;
  readonly fromInsecure?: boolean;
  readonly fromCaFile?: string;
}

/** Adds the flags of the source. */
export function addSourceOptions(command: Command): Command {
  return command
    .option("--from-username <name>", "user at the source; default: stored credentials")
    .option("--from-password-stdin", "read the password for the source from stdin")
    .option("--from-plain-http", "use HTTP to the source; automatic for loopback")
    .option("--from-insecure", "accept any TLS certificate of the source")
    .option("--from-ca-file <file>", "certificate authorities of the source, PEM");
}

/**
 * The connection settings for the source. A secret given for one registry is never shown to another: the source gets
 * the destination's only where both are one.
 */
export function sourceOptions(options: RegistryOptions & SourceOptions, isSameRegistry: boolean): RegistryOptions {
  if (isSameRegistry) return options;
  if (options.fromPasswordStdin && (options.passwordStdin || options.identityTokenStdin))
    throw new UsageError("stdin holds one secret: log in to one of the registries with mreg login");
  const { registryConfig, resolve, fromUsername, fromPasswordStdin, fromPlainHttp, fromInsecure, fromCaFile } = options;
  return {
    ...(registryConfig === undefined ? {} : { registryConfig }),
    ...(resolve === undefined ? {} : { resolve }),
    ...(fromUsername === undefined ? {} : { username: fromUsername }),
    ...(fromPasswordStdin === undefined ? {} : { passwordStdin: fromPasswordStdin }),
    ...(fromPlainHttp === undefined ? {} : { plainHttp: fromPlainHttp }),
    ...(fromInsecure === undefined ? {} : { insecure: fromInsecure }),
    ...(fromCaFile === undefined ? {} : { caFile: fromCaFile }),
  };
}

/** A context whose stdin can be read for each end: it holds one secret, and a stream is read once. */
export function withSharedStdin(context: Context): Context {
  let text: Promise<string> | undefined;
  return { ...context, readStdin: () => (text ??= context.readStdin()) };
}

/** Where a repository is: the widest registry that holds it, so that blobs can be mounted across prefixes. */
export interface Place {
  /** Host, or `oci:<directory>`. */
  readonly registry: string;
  readonly repository: string;
}

/** The place that a reference names. */
export function placeOf(context: Context, { registry, repository }: Reference): Place {
  const location = registry ? absoluteLocation(registry, context.cwd) : registryLocation(context);
  const slash = location.startsWith("oci:") ? -1 : location.indexOf("/");
  if (slash < 0) return { registry: location, repository };
  const prefix = location.slice(slash + 1).replace(/\/+$/, "");
  return { registry: location.slice(0, slash), repository: prefix ? `${prefix}/${repository}` : repository };
}

/**
 * The registry location under which a place is called `model`: `host/team` for `host/team/ml/risk` and `ml/risk`.
 *
 * @returns undefined when the place has another name, however it is cut.
 */
export function registryFor({ registry, repository }: Place, model: string): string | undefined {
  const whole = `${registry}/${repository}`;
  return whole.endsWith(`/${model}`) ? whole.slice(0, -model.length - 1) : undefined;
}
