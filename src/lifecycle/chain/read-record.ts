import { mapConcurrent } from "../../base/concurrency.ts";
import { hasCode } from "../../base/errors.ts";
import type { CallOptions, ReadOnlyGraphTarget, ReadOnlyTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { fetchImageManifest } from "../../oci/fetch-manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { bytesSource } from "../../oci/source.ts";
import type { Verification } from "../../trust/verification.ts";
import { verifyStatement } from "../../trust/verify.ts";
import { LifecycleError } from "../errors.ts";
import { type Policy, policyTrust } from "../policy/policy.ts";
import { logTag } from "../versions/tags.ts";
import type { ChainBuilder } from "./builder.ts";

/** Records read at a time; each costs three small reads. */
const concurrency = 4;

/** Records held between being verified and being linked: enough that no reader waits, few enough to forget. */
const batchSize = 64;

/**
 * Reads records, verifies their signatures some at a time, and links them in order. Of what was read, only what the
 * chain keeps stays in memory.
 *
 * @param records - in the order of the chain: the manifests, or the numbers of those still to be looked up.
 */
export async function readRecords(
  store: ReadOnlyGraphTarget,
  records: readonly (Descriptor | number)[],
  builder: ChainBuilder,
  options: CallOptions,
): Promise<void> {
  const { policy } = builder.chain;
  const first = builder.length + 1;
  for (let start = 0; start < records.length; start += batchSize) {
    const batch = records.slice(start, start + batchSize);
    const statements = await mapConcurrent(
      batch,
      concurrency,
      (record, signal, at) => readRecord(store, policy, { record, sequence: first + start + at }, { signal }),
      options.signal ?? undefined,
    );
    for (const statement of statements) builder.append(statement);
  }
}

async function readRecord(
  store: ReadOnlyGraphTarget,
  policy: Policy,
  { record, sequence }: { readonly record: Descriptor | number; readonly sequence: number },
  options: CallOptions,
): Promise<Verification> {
  try {
    const bundle = typeof record === "number" ? await store.resolve(logTag(record), options) : record;
    return await verifyRecord(store, policy, bundle, options);
  } catch (cause) {
    if (!hasCode(cause, ...contentFaults)) throw cause;
    throw new LifecycleError("CHAIN_BROKEN", `record ${sequence} of the chain is broken: ${cause.message}`, {
      ...{ record: sequence, cause },
    });
  }
}

/** Verifies who signed a record and about which manifest; what it says there is for `linkRecord` to judge. */
export async function verifyRecord(
  store: ReadOnlyGraphTarget,
  policy: Policy,
  bundle: Descriptor,
  options: CallOptions,
): Promise<Verification> {
  const manifest = await fetchImageManifest(store, bundle, options);
  const subject = manifest.value.subject?.digest;
  if (subject) return verifyStatement(withManifest(store, manifest), bundle, subject, policyTrust(policy), options);
  throw new LifecycleError("CHAIN_BROKEN", `${bundle.digest} is attached to no model`);
}

/** The store, with a manifest that has been read already. */
function withManifest(store: ReadOnlyGraphTarget, { descriptor, raw }: Manifest): ReadOnlyTarget {
  return {
    fetch: (target, options) =>
      target.digest === descriptor.digest ? bytesSource(descriptor, raw).open(0) : store.fetch(target, options),
    fetchRange: (target, range, options) => store.fetchRange(target, range, options),
    exists: (target, options) => store.exists(target, options),
    resolve: (reference, options) => store.resolve(reference, options),
  };
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
  "CHAIN_BROKEN",
] as const;
