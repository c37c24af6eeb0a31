import type { CallOptions, GraphTarget, ReadOnlyGraphTarget } from "../oci/content.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { VerificationError } from "./errors.ts";
import type { PublicKey } from "./identity.ts";
import { type SignOptions, signPredicateType, signStatement } from "./sign.ts";
import { makeStatement } from "./statement.ts";
import type { Verification } from "./verification.ts";
import { verifyStatements } from "./verify.ts";

/** Signs a manifest and nothing more: the statement `cosign sign` makes. */
export async function signManifest(store: GraphTarget, subject: Descriptor, options: SignOptions): Promise<Descriptor> {
  const statement = makeStatement({ subject, predicateType: signPredicateType, predicate: {} });
  return signStatement(store, subject, statement, options);
}

/**
 * Demands a plain signature by one of the keys.
 *
 * Unlike `cosign verify` it does not take any signed statement for a signature: only the predicate type of one.
 *
 * @returns every plain signature that verified; at least one.
 * @throws {@link VerificationError} `NO_SIGNATURE` when there is none at all; else the code of the first that failed.
 */
export async function requireSignature(
  store: ReadOnlyGraphTarget,
  subject: Descriptor,
  keys: readonly PublicKey[],
  options?: CallOptions,
): Promise<readonly Verification[]> {
  const report = await verifyStatements(store, subject, { keys, predicateType: signPredicateType }, options);
  if (report.verified.length > 0) return report.verified;
  const [first] = report.rejected;
  if (first) throw first.error;
  throw new VerificationError("NO_SIGNATURE", `nothing signs ${subject.digest}, expected at least one signature`);
}
