import { mapConcurrent } from "../../base/concurrency.ts";
import type { Digest } from "../../base/digest.ts";
import { hasCode } from "../../base/errors.ts";
import type { CallOptions, ReadOnlyGraphTarget, Resolver } from "../../oci/content.ts";
import { StoreError } from "../../oci/errors.ts";
import { VerificationError } from "../../trust/errors.ts";
import type { ModelState } from "../chain/fold.ts";
import { parseVersionTag, versionTag } from "./tags.ts";

/** Tags resolved at a time. */
const concurrency = 8;

/**
 * Finds the version whose content a digest is: by the chain, else by the version tags.
 *
 * @param wanted - the version that must be meant; absent: any.
 * @throws {@link StoreError} `NOT_FOUND` when no version has this content.
 * @throws {@link VerificationError} `SUBJECT_MISMATCH` when a version tag was moved: the chain knows other content
 * under that number.
 */
export async function findVersion(
  store: ReadOnlyGraphTarget,
  state: ModelState,
  digest: Digest,
  { version: wanted, ...options }: CallOptions & { readonly version?: number | undefined } = {},
): Promise<number> {
  const recorded = [...state.versions.values()].filter((version) => version.digest === digest);
  const known = recorded.findLast(({ version }) => wanted === undefined || version === wanted);
  if (known) return known.version;
  const tagged = (await taggedVersions(store, options)).filter((one) => one.digest === digest);
  const found = tagged.find(({ version }) => wanted === undefined || version === wanted);
  if (!found) {
    const what = wanted === undefined ? "no version" : `not ${versionTag(wanted)}`;
    throw new StoreError("NOT_FOUND", `${digest} is ${what} of this model`);
  }
  const before = state.versions.get(found.version);
  if (!before) return found.version;
  throw new VerificationError(
    "SUBJECT_MISMATCH",
    `tag ${versionTag(found.version)} names ${digest}, but the chain knows ${versionTag(found.version)} as ${before.digest}`,
  );
}

/** The version tags and what they name, by number. A tag that vanishes meanwhile is left out. */
export async function taggedVersions(
  store: ReadOnlyGraphTarget,
  options: CallOptions = {},
): Promise<readonly { readonly version: number; readonly digest: Digest }[]> {
  const numbers: number[] = [];
  for await (const tag of store.tags(options)) {
    const version = parseVersionTag(tag);
    if (version !== undefined) numbers.push(version);
  }
  numbers.sort((one, other) => one - other);
  const resolved = await mapConcurrent(
    numbers,
    concurrency,
    async (version, signal) => ({ version, digest: await resolveTag(store, versionTag(version), { signal }) }),
    options.signal ?? undefined,
  );
  return resolved.flatMap(({ version, digest }) => (digest ? [{ version, digest }] : []));
}

/**
 * Whether a manifest is the newest version, or the one of that number. Then everything it names is there: whoever gave
 * it the tag did so last. A manifest alone says nothing, for some registries take one whose blobs are missing.
 */
export async function isTaggedVersion(
  store: ReadOnlyGraphTarget,
  digest: Digest,
  { version, ...options }: CallOptions & { readonly version?: number | undefined } = {},
): Promise<boolean> {
  let wanted = version ?? 0;
  if (version === undefined) {
    for await (const tag of store.tags(options)) wanted = Math.max(wanted, parseVersionTag(tag) ?? 0);
  }
  return wanted > 0 && (await resolveTag(store, versionTag(wanted), options)) === digest;
}

/** What a tag names; undefined when there is no such tag. */
export async function resolveTag(store: Resolver, tag: string, options: CallOptions): Promise<Digest | undefined> {
  try {
    return (await store.resolve(tag, options)).digest;
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}
