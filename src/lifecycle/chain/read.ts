import { mapConcurrent } from "../../base/concurrency.ts";
import { hasCode } from "../../base/errors.ts";
import { chainLimit } from "../../base/limits.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import { fetchImageManifest } from "../../oci/fetch-manifest.ts";
import type { Verification } from "../../trust/verification.ts";
import { verifyStatement } from "../../trust/verify.ts";
import { LifecycleError } from "../errors.ts";
import { type Policy, policyTrust } from "../policy/policy.ts";
import { logTag, parseLifecycleTag } from "../tags.ts";
import type { Chain } from "./fold.ts";
import { linkRecords } from "./verify-links.ts";

/** A model's repository: its name is what records must say they are about. */
export type ModelStore = ReadOnlyGraphTarget & { readonly name: string };

/** Records read at a time; each costs three small reads. */
const concurrency = 4;

/**
 * Reads a model's history and verifies it from record 1 to the head. Believes the log tags about nothing but where to
 * look.
 *
 * Checked of every record: the signature by a key of the policy, its number, the record it follows, the model, that the
 * version was in the state it left, that the policy has such a transition and lets the signer make it, and that time
 * does not run backwards. Roles are those of the policy given: to keep a history valid, keep the keys that made it.
 *
 * Not checked here, since it takes the evidence too: whether the gates would have let it pass. `verifyState` does.
 *
 * @throws {@link LifecycleError} `CHAIN_BROKEN` with the number of the record at fault. Errors of the store that say
 * nothing about the content pass through.
 */
export async function readChain(store: ModelStore, policy: Policy, options: CallOptions = {}): Promise<Chain> {
  const length = await chainLength(store, options);
  const sequences = Array.from({ length }, (_, at) => at + 1);
  const statements = await mapConcurrent(
    sequences,
    concurrency,
    (sequence, signal) => readRecord(store, policy, sequence, { signal }),
    options.signal ?? undefined,
  );
  return { model: store.name, policy, links: linkRecords(statements, { model: store.name, policy }) };
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

async function readRecord(
  store: ReadOnlyGraphTarget,
  policy: Policy,
  sequence: number,
  options: CallOptions,
): Promise<Verification> {
  try {
    const bundle = await store.resolve(logTag(sequence), options);
    const manifest = await fetchImageManifest(store, bundle, options);
    const subject = manifest.value.subject?.digest;
    if (!subject) throw broken(sequence, "it is attached to no model");
    return await verifyStatement(store, bundle, subject, policyTrust(policy), options);
  } catch (cause) {
    if (hasCode(cause, ...contentFaults)) throw broken(sequence, cause.message, cause);
    throw cause;
  }
}

/** What says that a record is bad; all else (network, credentials) says nothing about it. */
const contentFaults = [
  "NOT_FOUND",
  "INVALID_MANIFEST",
  "INVALID_DESCRIPTOR",
  "DIGEST_MISMATCH",
  "SIZE_MISMATCH",
  "TRAILING_DATA",
  "LIMIT_EXCEEDED",
  "NO_SIGNATURE",
  "SIGNATURE_INVALID",
  "SUBJECT_MISMATCH",
  "IDENTITY_MISMATCH",
] as const;

/** The error for a record that cannot stand where it stands. */
function broken(record: number, reason: string, cause?: unknown): LifecycleError {
  return new LifecycleError("CHAIN_BROKEN", `record ${record} of the chain is broken: ${reason}`, { record, cause });
}
