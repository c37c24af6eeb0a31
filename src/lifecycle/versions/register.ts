import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, isMregError } from "../../base/errors.ts";
import { paceMs } from "../../base/pace.ts";
import type { CallOptions, Repository } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { StoreError } from "../../oci/errors.ts";
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

/**
 * How long somebody waits who took a number and was overwritten, before looking who has it: at least this, and three
 * times what the writing took, since the machine or the registry may be slow. Nobody waits who was alone.
 */
const contestMs = 400;
const slowContest = { times: 3, limitMs: 10_000 };

/**
 * Writes the number's second tag and looks at the first one again. Where a registry lets two writers create one tag,
 * this is Lamport's fast mutual exclusion: whoever finds the second tag free, writes it, and then finds the first one
 * still its own, has the number, and no other can, however long it stalled; for whoever writes the first tag later
 * finds the second one taken. That one puts the first tag back and goes on to the next number.
 *
 * @throws {@link StoreError} `CONFLICT` when somebody else has the number.
 * @see {@link https://lamport.azurewebsites.net/pubs/fast-mutex.pdf}
 */
async function settleNumber(
  store: Repository,
  manifest: Descriptor,
  { tag, second }: { readonly tag: string; readonly second: string },
  options: CallOptions,
): Promise<void> {
  const isMine = async () => (await resolveTag(store, tag, options)) === manifest.digest;
  const startedMs = performance.now();
  try {
    await store.tag(manifest, second, { once: true, ...options });
  } catch (error) {
    // Only what this writer has overwritten: a first tag that is somebody else's may have its number for good.
    if (hasCode(error, "CONFLICT") && (await isMine())) await copyTag(store, second, tag, options);
    throw error;
  }
  if (store.supports.createOnce || (await isMine())) return;
  const pauseMs = Math.max(contestMs * (1 + Math.random()), paceMs(startedMs, slowContest));
  await sleep(pauseMs, undefined, options.signal ? { signal: options.signal } : {});
  if (await isMine()) return;
  await copyTag(store, tag, second, options);
  throw new StoreError("CONFLICT", `${tag} is ${(await resolveTag(store, tag, options)) ?? "gone"}, which came first`);
}

/** Puts what one tag names under another one, where tags can be moved. */
async function copyTag(store: Repository, from: string, to: string, options: CallOptions): Promise<void> {
  try {
    await store.tag(await store.resolve(from, options), to, options);
  } catch (error) {
    // What cannot be moved stays as its creator left it, and `status` says what is wrong with it.
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
