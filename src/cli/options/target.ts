import type { Registry, Repository } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { formatReference, parseReference, type Reference } from "../../oci/reference.ts";
import { absoluteLocation, defaultRegistry } from "../config.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { type HeadOptions, readHistory } from "./heads.ts";
import { openPolicy, type PolicyOptions } from "./policy.ts";
import { connect, type RegistryOptions } from "./registry.ts";

/** A repository that a reference on the command line names. */
export interface OpenedModel {
  readonly reference: Reference;
  readonly registry: Registry;
  readonly repository: Repository;
}

/** A version in it. */
export interface OpenedTarget extends OpenedModel {
  readonly descriptor: Descriptor;
  /** `name@sha256:…`, which is what every command prints. */
  readonly pinned: string;
  /** Which version is meant, when the reference says so: content may have several. */
  readonly version: { readonly version?: number };
}

/** The registry used for bare names. */
export function registryLocation(context: Context): string {
  return context.config.registry ?? defaultRegistry(context.env);
}

/** Opens the repository a reference names; closes the registry when `work` is done. */
export async function withModel<T>(
  context: Context,
  text: string,
  options: RegistryOptions,
  work: (model: OpenedModel) => Promise<T>,
): Promise<T> {
  const reference = parseReference(text);
  const location = reference.registry ? absoluteLocation(reference.registry, context.cwd) : registryLocation(context);
  const registry = await connect(context, location, options);
  try {
    return await work({ reference, registry, repository: registry.repository(reference.repository) });
  } finally {
    await registry.close();
  }
}

/** Opens the version a reference names: by digest, tag, or state (which asks the verified chain). */
export async function withTarget<T>(
  context: Context,
  text: string,
  options: RegistryOptions & PolicyOptions & HeadOptions,
  work: (target: OpenedTarget) => Promise<T>,
): Promise<T> {
  return withModel(context, text, options, async (model) => {
    const descriptor = await resolveVersion(context, model, options);
    const { parseVersionTag } = await import("../../lifecycle/versions/tags.ts");
    const version = model.reference.tag === undefined ? undefined : parseVersionTag(model.reference.tag);
    const pinned = pin(model.reference, descriptor);
    return work({ ...model, descriptor, pinned, version: version === undefined ? {} : { version } });
  });
}

/** Writes the reference that can never mean anything else. */
export function pin(reference: Reference, { digest }: Pick<Descriptor, "digest">): string {
  const { registry, repository } = reference;
  return formatReference({ ...(registry ? { registry } : {}), repository, digest });
}

async function resolveVersion(
  context: Context,
  { reference, repository }: OpenedModel,
  options: PolicyOptions & HeadOptions,
): Promise<Descriptor> {
  const { signal } = context;
  const { alias, digest, tag } = reference;
  if (alias) {
    const { resolveInChain, stateOfAlias, verifyState } = await import("../../lifecycle/index.ts");
    const policy = await openPolicy(context, options);
    const chain = await readHistory(context, repository, policy, options);
    const descriptor = await resolveInChain(repository, chain, alias, { signal });
    const state = stateOfAlias(alias);
    // Where the chain points is not enough to hand out: the gates are judged again. No record leads to the first state.
    if (state !== policy.initialState) {
      await verifyState(repository, policy, descriptor, state, { chain, clock: context.clock, signal });
    }
    return descriptor;
  }
  const named = digest ?? tag;
  if (named) return repository.resolve(named, { signal });
  const name = reference.repository;
  throw new UsageError(`${name} names a model, expected a version: ${name}:v1, ${name}@production or ${name}@sha256:…`);
}
