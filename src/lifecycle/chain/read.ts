import { hasCode } from "../../base/errors.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { LifecycleError } from "../errors.ts";
import { chainLimit } from "../limits.ts";
import type { Policy } from "../policy/policy.ts";
import { logTag, parseLifecycleTag } from "../versions/tags.ts";
import { resolveTag } from "../versions/version.ts";
import { ChainBuilder } from "./builder.ts";
import type { Chain } from "./fold.ts";
import type { ChainOptions, RememberedHead } from "./heads.ts";
import { readRecords } from "./read-record.ts";

/** A model's repository: its name is what records must say they are about. */
export type ModelStore = ReadOnlyGraphTarget & {
  readonly name: string;
  /** What heads are remembered by; without it, none are. */
  readonly location?: string;
};

/**
 * Reads a model's history and verifies it from record 1 to the head. Believes the log tags about nothing but where to
 * look.
 *
 * Checked of every record: the signature by a key of the policy, its number, the record it follows, the model, that the
 * version was in the state it left, that the policy has such a transition and lets the signer make it, and that time
 * does not run backwards. Roles are those of the policy given: to keep a history valid, keep the keys that made it.
 *
 * With `options.heads`, what was verified before by the same policy is not read again; that it is still there, is
 * checked. After another policy's reading, everything is read, and must lead over the head that was known.
 *
 * Not checked here, since it takes the evidence too: whether the gates would have let it pass. `verifyState` does.
 *
 * @throws {@link LifecycleError} `CHAIN_BROKEN` with the number of the record at fault; also when the history ends
 * before a remembered head, or has another record in its place. Errors of the store that say nothing about the content
 * pass through.
 */
export async function readChain(store: ModelStore, policy: Policy, options: ChainOptions = {}): Promise<Chain> {
  const { heads, signal } = options;
  const context = { model: store.name, policy };
  const place = heads && store.location;
  const known = place ? await heads.read(place, context) : undefined;
  const chain = known?.chain
    ? await readOn(store, known.chain, { signal })
    : await readAll(store, context, { known, signal });
  if (place && chain.links.length > 0 && (!known?.chain || chain.links.length > known.sequence)) {
    await heads.write(place, chain);
  }
  return chain;
}

/** Verifies what has come since. The head that is known must be where it was. */
async function readOn(store: ModelStore, known: Chain, options: CallOptions): Promise<Chain> {
  const head = known.links.at(-1);
  if (!head) throw new RangeError("nothing to go on from");
  checkKnown(head.sequence, await resolveTag(store, logTag(head.sequence), options), head.bundle.digest);
  const builder = new ChainBuilder(known);
  for (;;) {
    const records = await nextRecords(store, builder.length + 1, options);
    if (records.length === 0 && (await isEnd(store, builder.length + 1, options))) return builder.chain;
    await readRecords(store, records, builder, options);
  }
}

/**
 * Tells whether nothing follows where nothing is. The one place behind is looked at, too: a record that was taken out
 * from under its successor is a gap. Whoever takes away all that follows leaves a history that ends here, which only
 * its age tells (`requireFreshHead`), or a list of all tags (`readStatus`).
 */
async function isEnd(store: ModelStore, missing: number, options: CallOptions): Promise<boolean> {
  if ((await resolveTag(store, logTag(missing + 1), options)) === undefined) return true;
  // Both may have been written between the two looks.
  if ((await resolveTag(store, logTag(missing), options)) !== undefined) return false;
  throw broken(missing, `${logTag(missing)} is missing, although ${logTag(missing + 1)} is there`);
}

/** Records looked for at a time, after what is known. */
const windowSize = 64;

/** The records from `first` on, until one is not there. */
async function nextRecords(store: ModelStore, first: number, options: CallOptions): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = [];
  while (found.length < windowSize) {
    try {
      found.push(await store.resolve(logTag(first + found.length), options));
    } catch (error) {
      if (hasCode(error, "NOT_FOUND")) return found;
      throw error;
    }
  }
  return found;
}

async function readAll(
  store: ModelStore,
  context: Pick<Chain, "model" | "policy">,
  { known, ...options }: CallOptions & { readonly known: RememberedHead | undefined },
): Promise<Chain> {
  const length = await chainLength(store, options);
  const builder = new ChainBuilder(context);
  const sequences = Array.from({ length }, (_, at) => at + 1);
  await readRecords(store, sequences, builder, options);
  const { chain } = builder;
  if (known) checkKnown(known.sequence, chain.links[known.sequence - 1]?.bundle.digest, known.digest);
  return chain;
}

/**
 * What was once verified must still be there: less is a history that was cut, another one a history that was forked.
 */
function checkKnown(sequence: number, found: string | undefined, expected: string): void {
  if (found === expected) return;
  const what =
    found === undefined ? "is gone: the history ends earlier than it did" : `is ${found}: the history forked`;
  throw broken(
    sequence,
    `${logTag(sequence)} was ${expected} when this reader verified it, and ${what}; if the model was really made anew, ` +
      "forget the head with `mreg reconcile --forget-head`",
  );
}

/** Counts the log tags, which must run from 1 without a gap. */
async function chainLength(store: ReadOnlyGraphTarget, options: CallOptions): Promise<number> {
  const sequences = new Set<number>();
  for await (const tag of store.tags(options)) {
    const parsed = parseLifecycleTag(tag);
    if (parsed?.kind === "log") sequences.add(parsed.sequence);
    if (sequences.size > chainLimit) {
      throw new LifecycleError("CHAIN_BROKEN", `chain has more than ${chainLimit} records, expected at most that many`);
    }
  }
  for (let sequence = 1; sequence <= sequences.size; sequence++) {
    if (!sequences.has(sequence)) {
      const last = Math.max(...sequences);
      throw broken(sequence, `${logTag(sequence)} is missing, although ${logTag(last)} is there`);
    }
  }
  return sequences.size;
}

/** The error for a record that cannot stand where it stands. */
function broken(record: number, reason: string, cause?: unknown): LifecycleError {
  return new LifecycleError("CHAIN_BROKEN", `record ${record} of the chain is broken: ${reason}`, { record, cause });
}
