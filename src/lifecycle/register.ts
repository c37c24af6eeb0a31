import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, isMregError } from "../base/errors.ts";
import type { CallOptions, Repository } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { StoreError } from "../oci/errors.ts";
import { parseLifecycleTag, stateTag, versionTag } from "./tags.ts";
import { resolveTag, taggedVersions } from "./version.ts";

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
  // For one that was there: whoever registered it may have been interrupted before this tag.
  if (existing) await store.tag(manifest, stateTag(version, initialState), { once: true, signal });
  return { version, tag: versionTag(version), outcome: existing ? "present" : "created" };
}

async function takeNumber(
  store: Repository,
  manifest: Descriptor,
  first: number,
  { version, signal, initialState = "experimental" }: RegisterOptions,
): Promise<number> {
  for (let next = first; next < first + attemptLimit; next++) {
    try {
      await store.tag(manifest, versionTag(next), { once: true, signal });
      await settleNumber(store, manifest, { tag: versionTag(next), second: stateTag(next, initialState) }, { signal });
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

/** How long two who took one number wait before they look who has it; nobody waits who was alone. */
const contestMs = 400;

/**
 * Writes the number's second tag and looks at the first one again. Where a registry lets two writers create one tag, of
 * two who took the same number at most one finds both tags its own: whoever wrote the first tag late finds the second one
 * taken. The second one decides, and the first is put right.
 *
 * @throws {@link StoreError} `CONFLICT` when somebody else has the number.
 */
async function settleNumber(
  store: Repository,
  manifest: Descriptor,
  { tag, second }: { readonly tag: string; readonly second: string },
  options: CallOptions,
): Promise<void> {
  try {
    await store.tag(manifest, second, { once: true, ...options });
  } catch (error) {
    if (hasCode(error, "CONFLICT")) await putRight(store, tag, second, options);
    throw error;
  }
  if (store.supports.createOnce || (await resolveTag(store, tag, options)) === manifest.digest) return;
  await sleep(contestMs * (1 + Math.random()), undefined, options.signal ? { signal: options.signal } : {});
  await putRight(store, tag, second, options);
  const holder = await resolveTag(store, second, options);
  if (holder !== manifest.digest) throw new StoreError("CONFLICT", `${tag} is ${holder ?? "gone"}, which came first`);
}

async function putRight(store: Repository, tag: string, second: string, options: CallOptions): Promise<void> {
  const holder = await store.resolve(second, options);
  if ((await resolveTag(store, tag, options)) === holder.digest) return;
  try {
    await store.tag(holder, tag, options);
  } catch (error) {
    // Where tags cannot be moved, the first one is as its creator left it.
    if (!isMregError(error)) throw error;
  }
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
