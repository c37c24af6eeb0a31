import type { Digest } from "../../base/digest.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { VerificationPolicy } from "../../trust/verification.ts";
import { verifyStatements } from "../../trust/verify.ts";
import { predicateTypes } from "../predicate-types.ts";
import { Provenance, trainingBuildType } from "../predicates/provenance.ts";
import type { LineageStatement } from "./impact.ts";

export interface ReadLineage {
  readonly statements: readonly LineageStatement[];
  /** What refers to the version and could not be verified, or is signed and says nothing that can be read. */
  readonly unverified: readonly { readonly digest: Digest; readonly reason: string }[];
}

/**
 * Reads what is verified about where a version comes from. Provenance of other builds than trainings does not count.
 */
export async function readLineageStatements(
  store: ReadOnlyGraphTarget,
  subject: Descriptor,
  trust: VerificationPolicy,
  options?: CallOptions,
): Promise<ReadLineage> {
  const demanded = { ...trust, predicateType: predicateTypes.lineage };
  const { verified, rejected } = await verifyStatements(store, subject, demanded, options);
  const statements: LineageStatement[] = [];
  const unverified = rejected.map(({ bundle, error }) => ({ digest: bundle.digest, reason: error.message }));
  for (const { bundle, signer, statement } of verified) {
    const parsed = Provenance.safeParse(statement.predicate);
    if (!parsed.success) {
      unverified.push({ digest: bundle.digest, reason: "it is signed, but no SLSA provenance" });
    } else if (parsed.data.buildDefinition.buildType === trainingBuildType) {
      const name = signer.kind === "certificate" ? signer.subject : signer.fingerprint;
      statements.push({ digest: bundle.digest, signer: name, provenance: parsed.data });
    }
  }
  return { statements, unverified };
}
