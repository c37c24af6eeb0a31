import type { CallOptions, GraphTarget, ReadOnlyGraphTarget } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { VerificationError } from "./errors.ts";
import { verifyLegacyStatements } from "./legacy/index.ts";
import { type SignOptions, signPredicateType, signStatement } from "./sign.ts";
import { makeStatement } from "./statement.ts";
import type { Verification, VerificationPolicy, VerificationReport } from "./verification.ts";
import { verifyStatements } from "./verify.ts";

/** Signs a manifest and nothing more: the statement `cosign sign` makes. */
export async function signManifest(store: GraphTarget, subject: Descriptor, options: SignOptions): Promise<Descriptor> {
  const statement = makeStatement({ subject, predicateType: signPredicateType, predicate: {} });
  return signStatement(store, subject, statement, options);
}

/**
 * Demands a plain signature by somebody the policy trusts: a bundle, or where no bundle will do, one of the kinds
 * before.
 *
 * Unlike `cosign verify` it does not take any signed statement for a signature: only the predicate type of one.
 *
 * @returns every plain signature that verified; at least one.
 * @throws {@link VerificationError} `NO_SIGNATURE` when there is none at all; else the code of the first that failed.
 */
export async function requireSignature(
  store: ReadOnlyGraphTarget,
  subject: Descriptor,
  policy: Omit<VerificationPolicy, "predicateType">,
  options?: CallOptions,
): Promise<readonly Verification[]> {
  const demanded = { ...policy, predicateType: signPredicateType };
  return (await requireStatements(store, subject, demanded, options)).verified;
}

/**
 * Verifies everything stated about a manifest, and demands that one statement of a type is among it.
 *
 * Bundles come first. Only where none of them is what was demanded, signatures and attestations of the kinds before
 * bundles are looked for; cosign does the same.
 *
 * @param policy - `predicateType` is what is demanded; `others` keeps statements of other types in the report.
 * @throws {@link VerificationError} `NO_SIGNATURE` when there is nothing at all; else the code of the first that
 * failed.
 */
export async function requireStatements(
  store: ReadOnlyGraphTarget,
  subject: Descriptor,
  { predicateType, others, ...accepted }: DemandingPolicy,
  options?: CallOptions,
): Promise<VerificationReport> {
  const policy = others ? accepted : { ...accepted, predicateType };
  const isDemanded = ({ statement }: Verification) => statement.predicateType === predicateType;
  const bundles = await verifyStatements(store, subject, policy, options);
  if (bundles.verified.some(isDemanded)) return bundles;
  const legacy = await verifyLegacyStatements(store, subject, policy, options);
  const rejected = [...bundles.rejected, ...legacy.rejected];
  if (legacy.verified.some(isDemanded)) return { verified: [...bundles.verified, ...legacy.verified], rejected };
  const [first] = rejected;
  if (first) throw first.error;
  throw new VerificationError("NO_SIGNATURE", `nothing ${stating(predicateType)} ${subject.digest} verifies`);
}

/** What a verifier accepts, and the type of statement that must be there. */
export interface DemandingPolicy extends VerificationPolicy {
  readonly predicateType: string;
  readonly others?: boolean;
}

function stating(predicateType: string): string {
  return predicateType === signPredicateType ? "that signs" : `that states ${predicateType} about`;
}
