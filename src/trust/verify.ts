import { mapConcurrent } from "../base/concurrency.ts";
import type { Digest } from "../base/digest.ts";
import { ContentError } from "../base/errors.ts";
import { referrerLimit } from "../base/limits.ts";
import type { CallOptions, ReadOnlyGraphTarget, ReadOnlyTarget, ReferrerLister } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type AttachedBundle, readAttachedBundle } from "./attached-bundle.ts";
import type { Bundle } from "./bundle.ts";
import { printable } from "./document.ts";
import { signedBytes } from "./envelope.ts";
import { VerificationError } from "./errors.ts";
import type { PublicKey } from "./identity.ts";
import { keyHint, verifySignature } from "./key.ts";
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
  const verification = verifyAttached(attached, expectedSubject, policy);
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
 * bundles, are in neither list.
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

/** Checklist step 2. Each manifest counts once, however often a hostile list repeats it. */
async function listReferrers(
  store: ReferrerLister,
  subject: Descriptor,
  options?: CallOptions,
): Promise<readonly Descriptor[]> {
  const listed = new Map<Digest, Descriptor>();
  let count = 0;
  // Not filtered by type: the filter is applied by the registry, which may be wrong about it.
  for await (const referrer of store.referrers(subject, options)) {
    if (++count > referrerLimit) {
      throw new ContentError("LIMIT_EXCEEDED", `more than ${referrerLimit} manifests refer to ${subject.digest}`);
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
    const verification = verifyAttached(attached, subject, policy);
    return hasExpectedType(verification, policy) ? verification : undefined;
  } catch (error) {
    if (error instanceof VerificationError) return { bundle: listed, error };
    throw error;
  }
}

function hasExpectedType({ statement }: Verification, { predicateType }: VerificationPolicy): boolean {
  return predicateType === undefined || statement.predicateType === predicateType;
}

/** Checklist steps 6 and 7: who signed, then what was said, then about what. */
function verifyAttached(
  { manifest, bundle, claimedTime }: AttachedBundle,
  subject: Digest,
  policy: VerificationPolicy,
): Verification {
  const signer = findSigner(bundle, policy);
  const statement = parseStatement(bundle.envelope.payload);
  if (!isAbout(statement, subject)) {
    throw new VerificationError(
      "SUBJECT_MISMATCH",
      `the statement in ${manifest.digest} speaks of other content, expected ${subject}`,
    );
  }
  const { logEntries, timestamps } = bundle;
  return {
    signer: signer.identity,
    statement,
    bundle: manifest,
    ...(claimedTime === undefined ? {} : { claimedTime }),
    ...(logEntries + timestamps > 0 ? { unchecked: { logEntries, timestamps } } : {}),
  };
}

/**
 * Finds the trusted key that made the signature: the one the bundle names, else any, as cosign does; the hint is not
 * signed and old clients leave it out.
 */
function findSigner({ claim, envelope }: Bundle, { keys }: VerificationPolicy): PublicKey {
  if (claim.kind === "certificate") {
    throw new VerificationError("IDENTITY_MISMATCH", "signed with a certificate, expected one of the trusted keys");
  }
  const payload = signedBytes(envelope.payload);
  const named = keys.filter(({ identity }) => keyHint(identity.fingerprint) === claim.hint);
  const others = keys.filter((key) => !named.includes(key));
  const signer = [...named, ...others].find((key) => verifySignature(key, payload, envelope.signature));
  if (signer) return signer;
  if (named[0]) {
    throw new VerificationError(
      "SIGNATURE_INVALID",
      `the signature was not made by key ${named[0].identity.fingerprint}, which it names, over this statement`,
    );
  }
  const hint = claim.hint === undefined ? "without a hint" : `with hint ${printable(claim.hint)}`;
  throw new VerificationError(
    "IDENTITY_MISMATCH",
    `signed with a key ${hint}, expected one of the ${keys.length} trusted keys`,
  );
}
