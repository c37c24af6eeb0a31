import { mapConcurrent } from "../../base/concurrency.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { type LifecycleTag, parseLifecycleTag } from "./tags.ts";

/** Tags resolved at a time. */
const concurrency = 8;

/** A tag of the grammar and what it names. */
export interface ModelTag {
  readonly tag: string;
  readonly parsed: LifecycleTag;
  readonly target: Descriptor;
}

export interface ModelTags {
  readonly tags: readonly ModelTag[];
  /** Tags that are not of the grammar, such as `latest`. */
  readonly others: readonly string[];
}

/** The order to write tags in: what is in a version, what a version has been, and last what says so, in sequence. */
const order: readonly LifecycleTag["kind"][] = ["version", "state", "rollout", "log"];

/** Reads all tags of a model's repository, in the order in which a copy may write them. */
export async function readModelTags(store: ReadOnlyGraphTarget, options: CallOptions = {}): Promise<ModelTags> {
  const found: { readonly tag: string; readonly parsed: LifecycleTag }[] = [];
  const others: string[] = [];
  for await (const tag of store.tags(options)) {
    const parsed = parseLifecycleTag(tag);
    if (parsed) found.push({ tag, parsed });
    else others.push(tag);
  }
  found.sort((one, other) => rank(one.parsed) - rank(other.parsed) || number(one.parsed) - number(other.parsed));
  const tags = await mapConcurrent(
    found,
    concurrency,
    async (each, signal) => ({ ...each, target: await store.resolve(each.tag, { signal }) }),
    options.signal,
  );
  return { tags, others: others.sort() };
}

function rank({ kind }: LifecycleTag): number {
  return order.indexOf(kind);
}

function number(tag: LifecycleTag): number {
  return "sequence" in tag ? tag.sequence : tag.version;
}
