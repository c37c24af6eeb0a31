import { readFile } from "node:fs/promises";
import { basename, dirname, relative, resolve } from "node:path";
import { policyBaseLimit } from "../../lifecycle/limits.ts";
import type { NamedText } from "../../lifecycle/policy/lint.ts";
import { absoluteLocation, defaultRegistry } from "../config.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { connect, type RegistryOptions } from "./registry.ts";

export const policyFileName = "mreg.policy.yaml";

/** The text of a policy, and of those that it extends. */
export interface PolicyText extends NamedText {
  /** Nearest first. */
  readonly bases: readonly NamedText[];
}

/** The texts alone. */
export function textsOf(texts: readonly NamedText[]): readonly string[] {
  return texts.map(({ yaml }) => yaml);
}

/** `registry/name@sha256:…`: what is named by its digest may come from anywhere. */
const pinnedPattern = /@sha256:[0-9a-f]{64}$/;

/**
 * Reads a policy: a file, or an artifact in a registry named by digest; with all that it extends.
 *
 * A base is looked for beside the file that names it. In a registry the bases came along with the policy.
 *
 * @throws {@link LifecycleError} `POLICY_INVALID` when policies extend one another in a circle, or too many of them.
 */
export async function readPolicyText(
  context: Context,
  options: RegistryOptions & { readonly policy?: string },
): Promise<PolicyText> {
  const name = options.policy ?? context.config.policy ?? policyFileName;
  if (pinnedPattern.test(name)) return fetchText(context, name, options);
  const files = [resolve(context.cwd, name)];
  const yaml = await readText(files[0] ?? name);
  const bases: NamedText[] = [];
  for (let next = await extendedBy(yaml); next !== undefined; ) {
    if (pinnedPattern.test(next)) {
      const { bases: others, ...fetched } = await fetchText(context, next, options);
      return { name, yaml, bases: [...bases, fetched, ...others] };
    }
    const path = resolve(dirname(files.at(-1) ?? ""), next);
    await checkCircle([...files, path]);
    files.push(path);
    const base = { name: relative(context.cwd, path), yaml: await readText(path) };
    bases.push(base);
    next = await extendedBy(base.yaml);
  }
  return { name, yaml, bases };
}

/** @throws when a file is among those it follows, or there are more of them than one policy may extend. */
async function checkCircle(files: readonly string[]): Promise<void> {
  const first = files.indexOf(files.at(-1) ?? "");
  const isCircle = first < files.length - 1;
  if (!isCircle && files.length - 1 <= policyBaseLimit) return;
  const { LifecycleError } = await import("../../lifecycle/errors.ts");
  const way = files
    .slice(isCircle ? first : 0)
    .map((file) => basename(file))
    .join(" → ");
  const reason = isCircle ? `extends itself: ${way}` : `extends more than ${policyBaseLimit} others: ${way}`;
  throw new LifecycleError("POLICY_INVALID", `policy ${files[0]} is not valid: metadata.extends: ${reason}`);
}

async function extendedBy(yaml: string): Promise<string | undefined> {
  // Most policies stand alone, and reading YAML twice would cost every command.
  if (!/(?:^|[{,])[ \t]*["']?extends["']?[ \t]*:/m.test(yaml)) return undefined;
  const { extendedName, readYaml } = await import("../../lifecycle/policy/reading.ts");
  return extendedName(readYaml(yaml));
}

async function fetchText(context: Context, name: string, options: RegistryOptions): Promise<PolicyText> {
  const { fetchPolicy } = await import("../../lifecycle/policy/policy-artifact.ts");
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
    const { yaml, bases } = await fetchPolicy(repository, descriptor, { signal });
    const named = bases.map((base, at) => ({ name: `${name} (base ${at + 1})`, yaml: base }));
    return { name, yaml, bases: named };
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
