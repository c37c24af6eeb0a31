import type { CallOptions, GraphTarget, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { CopyDestination, CopyOptions, CopyReport } from "../../oci/copy.ts";
import { Copier } from "../../oci/copy-graph.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { InvalidInputError, StoreError } from "../../oci/errors.ts";
import { fetchImageManifest } from "../../oci/fetch-manifest.ts";
import type { ModelStore } from "../chain/read.ts";
import { LifecycleError } from "../errors.ts";
import { type ModelTag, readModelTags } from "./model-tags.ts";
import { recordedModel } from "./recorded-model.ts";
import { logTag } from "./tags.ts";

export interface CarryOptions extends Omit<CopyOptions, "referrers"> {
  /** What readers of the destination will call the model. Default: the destination's own name. */
  readonly model?: string;
}

export interface CarryReport extends CopyReport {
  /** In the order in which they were written. */
  readonly tags: { readonly written: readonly string[]; readonly present: number };
  /** Records of the chain at the destination. */
  readonly records: number;
  /** Tags of the source that are not mreg's, and were left there. */
  readonly leftOut: readonly string[];
}

/**
 * Copies a model with its whole history: versions, states, rollouts, everything attached to them, and the chain.
 *
 * Nothing is believed and nothing is signed anew: whoever verifies at the destination verifies what they would have
 * verified at the source. What is there already stays, so that running it again copies what is new. Tags come after all
 * content, and log tags after all others, one by one: a reader at the destination sees a history that ends earlier, and
 * never one with a gap.
 *
 * @throws {@link StoreError} `CONFLICT`, before anything is written, when the destination has another history or other
 * content under a tag; `NOT_FOUND` when the source has no versions.
 * @throws {@link InvalidInputError} `INVALID_REFERENCE` when records name the model otherwise than the destination:
 * they would not verify there.
 * @throws {@link LifecycleError} `CHAIN_BROKEN` when the source's own history has a gap.
 * @throws {@link CopyError} `COPY_FAILED`.
 */
export async function carryModel(
  source: ReadOnlyGraphTarget,
  destination: CopyDestination & GraphTarget & ModelStore,
  options: CarryOptions = {},
): Promise<CarryReport> {
  const { signal, model = destination.name } = options;
  await checkName(source, model, { signal });
  const { tags, others } = await readModelTags(source, { signal });
  if (tags.length === 0) throw new StoreError("NOT_FOUND", "the source has no versions");
  const records = tags.filter(({ parsed }) => parsed.kind === "log");
  checkGaps(records);
  const present = await checkHistory(tags, destination, { signal });
  const copier = new Copier(source, destination, { ...options, referrers: true });
  await copier.copy(
    distinct([...tags.map(({ target }) => target), ...(await subjectsOf(source, records, { signal }))]),
  );
  const written: string[] = [];
  for (const { tag, target } of tags) {
    if (present.has(tag)) continue;
    await copier.tag(target, tag, true);
    written.push(tag);
  }
  return { ...copier.end(), tags: { written, present: present.size }, records: records.length, leftOut: others };
}

async function checkName(source: ReadOnlyGraphTarget, name: string, options: CallOptions): Promise<void> {
  const recorded = await recordedModel(source, options);
  if (recorded === undefined || recorded === name) return;
  throw new InvalidInputError(
    "INVALID_REFERENCE",
    `the records are about ${JSON.stringify(recorded)} and would not verify under the name ${JSON.stringify(name)}`,
  );
}

function checkGaps(records: readonly ModelTag[]): void {
  for (const [at, { tag }] of records.entries()) {
    const expected = logTag(at + 1);
    if (tag === expected) continue;
    const facts = { record: at + 1 };
    throw new LifecycleError("CHAIN_BROKEN", `the source has ${tag}, but ${expected} is missing`, facts);
  }
}

/**
 * Compares both histories. That the destination is ahead is a conflict as well: the other direction would be right.
 *
 * @returns the tags that are there already.
 */
async function checkHistory(
  tags: readonly ModelTag[],
  destination: ReadOnlyGraphTarget,
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  const wanted = new Map(tags.map(({ tag, target }) => [tag, target.digest]));
  const present = new Set<string>();
  for (const { tag, parsed, target } of (await readModelTags(destination, options)).tags) {
    const expected = wanted.get(tag);
    if (expected === target.digest) present.add(tag);
    // A version or state that only the destination has is its own affair; a record is everybody's.
    else if (expected !== undefined || parsed.kind === "log") throw parted(tag, target, expected);
  }
  return present;
}

function parted(tag: string, { digest }: Descriptor, expected: string | undefined): StoreError {
  const source = expected === undefined ? "has no such tag" : `has ${expected}`;
  return new StoreError(
    "CONFLICT",
    `${tag} of the destination is ${digest}, the source ${source}: their histories have parted; nothing was written`,
  );
}

/** The manifests that records speak of: all have version tags, unless somebody has deleted one. */
async function subjectsOf(
  source: ReadOnlyGraphTarget,
  records: readonly ModelTag[],
  options: CallOptions,
): Promise<readonly Descriptor[]> {
  const subjects: Descriptor[] = [];
  for (const { target } of records) {
    const { subject } = (await fetchImageManifest(source, target, options)).value;
    if (subject && (await source.exists(subject, options))) subjects.push(subject);
  }
  return subjects;
}

function distinct(targets: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(targets.map((target) => [target.digest, target])).values()];
}
