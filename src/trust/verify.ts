import { mapConcurrent } from "../base/concurrency.ts";
import type { Digest } from "../base/digest.ts";
import { ContentError } from "../base/errors.ts";
import type { CallOptions, ReadOnlyGraphTarget, ReadOnlyTarget, ReferrerLister } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type AttachedBundle, readAttachedBundle } from "./attached-bundle.ts";
import { printable } from "./document.ts";
import { signedBytes } from "./envelope.ts";
import { VerificationError } from "./errors.ts";
import { verifiedReferrerLimit } from "./limits.ts";
import { omsPredicateType } from "./oms/predicate-type.ts";
import { findSigner } from "./signer-search.ts";
import { isAbout, parseStatement } from "./statement.ts";
import type { Rejection, Verification, VerificationPolicy, VerificationReport } from "./verification.ts";

/** Referrers read at a time, as for blobs. */
const concurrency = 4;

/**
 * Verifies one attached bundle, named by digest.
 *
 * @param bundle - the manifest that carries the bundle, from a record or a list.
 * @param expectedSubject - the manifest it must be attached to and speak of.
 * @throws {@link VerificationError} `NO_SIGNATURE` when it is not there, is something else, or has another predicate
 * type than the policy asks for; `SIGNATURE_INVALID`; `IDENTITY_MISMATCH`; `SUBJECT_MISMATCH`. Errors of the store
 * that say nothing about the content pass through.
 */
// biome-ignore lint/complexity/useMaxParams: verifyStatements' parameters and the expected subject, which belongs to neither object
export async function verifyStatement(
  store: ReadOnlyTarget,
  bundle: Descriptor,
  expectedSubject: Digest,
  policy: VerificationPolicy,
  options?: CallOptions,
): Promise<Verification> {
  const attached = await readAttachedBundle(store, bundle, expectedSubject, options);
  if (!attached) throw new VerificationError("NO_SIGNATURE", `${bundle.digest} carries no signed statement`);
  const verification = await verifyAttached(attached, expectedSubject, policy);
  if (hasExpectedType(verification, policy)) return verification;
  throw new VerificationError(
    "NO_SIGNATURE",
    `${bundle.digest} is a statement of type ${printable(verification.statement.predicateType)}, ` +
      `expected ${policy.predicateType}`,
  );
}

/**
 * Verifies every signed statement attached to a manifest.
 *
 * A bad one never masks a good one, and a good one never hides that others are bad: the report names both, in the
 * order of the list. Statements of another predicate type than the policy asks for, and referrers that are no
 * bundles, are in neither list; nor are model signatures by somebody who is trusted, which speak of files ({@link
 * findOms}).
 *
 * @throws {@link ContentError} `LIMIT_EXCEEDED` when more refers to the subject than anybody could have meant.
 */
export async function verifyStatements(
  store: ReadOnlyGraphTarget,
  subject: Descriptor,
  policy: VerificationPolicy,
  options?: CallOptions,
): Promise<VerificationReport> {
  const listed = await listReferrers(store, subject, options);
  const results = await mapConcurrent(
    listed,
    concurrency,
    (referrer, signal) => verifyReferrer(store, referrer, { subject: subject.digest, policy, signal }),
    options?.signal,
  );
  const verified: Verification[] = [];
  const rejected: Rejection[] = [];
  for (const result of results) {
    if (result === undefined) continue;
    if ("error" in result) rejected.push(result);
    else verified.push(result);
  }
  return { verified, rejected };
}

/** A model signature speaks of files and never of the manifest: `findOms` is who judges it. */
class StatementAboutFiles extends VerificationError {
  constructor(digest: Digest) {
    super("SUBJECT_MISMATCH", `${digest} is a model signature, which speaks of files, expected a statement`);
  }
}

/** Checklist step 2. Each manifest counts once, however often a hostile list repeats it. */
export async function listReferrers(
  store: ReferrerLister,
  subject: Descriptor,
  options?: CallOptions,
): Promise<readonly Descriptor[]> {
  const listed = new Map<Digest, Descriptor>();
  let count = 0;
  // Not filtered by type: the filter is applied by the registry, which may be wrong about it.
  for await (const referrer of store.referrers(subject, options)) {
    if (++count > verifiedReferrerLimit) {
      throw new ContentError(
        "LIMIT_EXCEEDED",
        `more than ${verifiedReferrerLimit} manifests refer to ${subject.digest}`,
      );
    }
    if (!listed.has(referrer.digest)) listed.set(referrer.digest, referrer);
  }
  return [...listed.values()];
}

interface ReferrerContext {
  readonly subject: Digest;
  readonly policy: VerificationPolicy;
  readonly signal: AbortSignal;
}

async function verifyReferrer(
  store: ReadOnlyTarget,
  listed: Descriptor,
  { subject, policy, signal }: ReferrerContext,
): Promise<Verification | Rejection | undefined> {
  try {
    const attached = await readAttachedBundle(store, listed, subject, { signal });
    if (!attached) return undefined;
    const verification = await verifyAttached(attached, subject, policy);
    return hasExpectedType(verification, policy) ? verification : undefined;
  } catch (error) {
    if (error instanceof StatementAboutFiles) return undefined;
    if (error instanceof VerificationError) return { bundle: listed, error };
    throw error;
  }
}

function hasExpectedType({ statement }: Verification, { predicateType }: VerificationPolicy): boolean {
  return predicateType === undefined || statement.predicateType === predicateType;
}

/** Checklist steps 6 and 7: who signed, then what was said, then about what. */
async function verifyAttached(
  { manifest, bundle, claimedTime }: AttachedBundle,
  subject: Digest,
  policy: VerificationPolicy,
): Promise<Verification> {
  const { payload, signature } = bundle.envelope;
  const content = { content: payload, signedBytes: signedBytes(payload), signature };
  const { identity, proven, unproven } = await findSigner(
    { content, claim: bundle.claim, proofs: bundle.proofs },
    policy,
  );
  const statement = parseStatement(payload);
  if (!isAbout(statement, subject)) {
    if (statement.predicateType === omsPredicateType) throw new StatementAboutFiles(manifest.digest);
    throw new VerificationError(
      "SUBJECT_MISMATCH",
      `the statement in ${manifest.digest} speaks of other content, expected ${subject}`,
    );
  }
  const { logEntries, timestamps } = bundle;
  return {
    signer: identity,
    statement,
    bundle: manifest,
    ...(claimedTime === undefined ? {} : { claimedTime }),
    ...(proven ? { proven } : {}),
    ...(unproven === undefined ? {} : { unproven }),
    ...(!proven && unproven === undefined && logEntries + timestamps > 0
      ? { unchecked: { logEntries, timestamps } }
      : {}),
  };
}
