import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { absoluteLocation, defaultRegistry } from "../config.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { connect, type RegistryOptions } from "./registry.ts";

export const policyFileName = "mreg.policy.yaml";

/** The text of a policy, and of the one that it extends. */
export interface PolicyText {
  /** Where it came from, for people. */
  readonly name: string;
  readonly yaml: string;
  readonly base?: string;
}

/** `registry/name@sha256:…`: what is named by its digest may come from anywhere. */
const pinnedPattern = /@sha256:[0-9a-f]{64}$/;

/**
 * Reads a policy: a file, or an artifact in a registry named by digest.
 *
 * A base is looked for beside the file that names it. In a registry it came along with the policy.
 */
export async function readPolicyText(
  context: Context,
  options: RegistryOptions & { readonly policy?: string },
): Promise<PolicyText> {
  const name = options.policy ?? context.config.policy ?? policyFileName;
  if (pinnedPattern.test(name)) return fetchText(context, name, options);
  const path = resolve(context.cwd, name);
  const yaml = await readText(path);
  const base = await baseOf(context, { yaml, directory: dirname(path) }, options);
  return { name, yaml, ...(base === undefined ? {} : { base }) };
}

async function baseOf(
  context: Context,
  { yaml, directory }: { readonly yaml: string; readonly directory: string },
  options: RegistryOptions,
): Promise<string | undefined> {
  // Most policies stand alone, and reading YAML twice would cost every command.
  if (!/^\s*extends:|[{,]\s*extends:/m.test(yaml)) return undefined;
  const { extendedName, readYaml } = await import("../../lifecycle/policy/reading.ts");
  const name = extendedName(readYaml(yaml));
  if (name === undefined) return undefined;
  if (pinnedPattern.test(name)) return (await fetchText(context, name, options)).yaml;
  return readText(resolve(directory, name));
}

async function fetchText(context: Context, name: string, options: RegistryOptions): Promise<PolicyText> {
  const { fetchPolicy } = await import("../../lifecycle/policy-artifact.ts");
  const { parseReference } = await import("../../oci/reference.ts");
  const { registry: host, repository: path, digest = "" } = parseReference(name);
  const registry = await connect(
    context,
    host ? absoluteLocation(host, context.cwd) : registryLocation(context),
    options,
  );
  try {
    const { signal } = context;
    const repository = registry.repository(path);
    const descriptor = await repository.resolve(digest, { signal });
    return { name, ...(await fetchPolicy(repository, descriptor, { signal })) };
  } finally {
    await registry.close();
  }
}

function registryLocation(context: Context): string {
  return context.config.registry ?? defaultRegistry(context.env);
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const next = cause.code === "ENOENT" ? "; `mreg init` writes one" : "";
    throw new UsageError(`cannot read policy ${path}: ${cause.message}${next}`, { cause });
  });
}
