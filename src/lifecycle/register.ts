import { hasCode } from "../base/errors.ts";
import type { CallOptions, Repository } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { StoreError } from "../oci/errors.ts";
import { parseLifecycleTag, stateTag, versionTag } from "./tags.ts";
import { taggedVersions } from "./version.ts";

/** Numbers tried when others register at the same time; each try means that somebody else succeeded. */
const attemptLimit = 50;

export interface RegisterOptions extends CallOptions {
  /** The number to take; default: the next one. */
  readonly version?: number;
  /** The state that versions start in. Default `experimental`. */
  readonly initialState?: string;
}

export interface Registration {
  readonly version: number;
  readonly tag: string;
  /** `present`: this content had a version already, and keeps it. */
  readonly outcome: "created" | "present";
}

/**
 * Names a manifest as a version of the model, in the state where all versions start.
 *
 * Version tags are written once. Content that has a version keeps it, whatever number is asked for: one digest under
 * two numbers would have two states.
 *
 * @throws {@link StoreError} `CONFLICT` when `options.version` is taken by other content.
 */
export async function registerVersion(
  store: Repository,
  manifest: Descriptor,
  options: RegisterOptions = {},
): Promise<Registration> {
  const { signal, initialState = "experimental" } = options;
  // The number comes first: whoever registers this content from here on takes the same one, or is found by the search.
  const number = options.version ?? (await nextNumber(store, { signal }));
  const existing = (await taggedVersions(store, { signal })).find(({ digest }) => digest === manifest.digest);
  const version = existing?.version ?? (await takeNumber(store, manifest, number, options));
  // Also for one that was there: whoever registered it may have been interrupted here.
  await store.tag(manifest, stateTag(version, initialState), { once: true, signal });
  return { version, tag: versionTag(version), outcome: existing ? "present" : "created" };
}

async function takeNumber(
  store: Repository,
  manifest: Descriptor,
  first: number,
  { version, signal }: RegisterOptions,
): Promise<number> {
  for (let next = first; next < first + attemptLimit; next++) {
    try {
      await store.tag(manifest, versionTag(next), { once: true, signal });
      return next;
    } catch (error) {
      if (version !== undefined || !hasCode(error, "CONFLICT")) throw error;
    }
  }
  throw new StoreError(
    "CONFLICT",
    `${versionTag(first)} to ${versionTag(first + attemptLimit - 1)} were all taken meanwhile`,
  );
}

/** One above every number in use. State tags count too: the number of a version whose tag was deleted is not reused. */
async function nextNumber(store: Repository, options: CallOptions): Promise<number> {
  let highest = 0;
  for await (const tag of store.tags(options)) {
    const parsed = parseLifecycleTag(tag);
    if (parsed?.kind === "version" || parsed?.kind === "state") highest = Math.max(highest, parsed.version);
  }
  return highest + 1;
}
