import type { Digest } from "../../base/digest.ts";
import type { CallOptions, ReadOnlyGraphTarget } from "../../oci/content.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { VerificationPolicy } from "../../trust/verification.ts";
import { verifyStatements } from "../../trust/verify.ts";
import { predicateTypes } from "../predicate-types.ts";
import { Eval } from "../predicates/eval.ts";

/** A verified evaluation. */
export interface EvalStatement {
  readonly digest: Digest;
  /** Identity of a certificate, or fingerprint of a key. */
  readonly signer: string;
  readonly result: Eval;
}

export interface ReadEvals {
  /** The newest by its own time first. */
  readonly statements: readonly EvalStatement[];
  /** What refers to the version and could not be verified, or is signed and no evaluation that can be read. */
  readonly unverified: readonly { readonly digest: Digest; readonly reason: string }[];
}

/** Reads the verified evaluations of a version. */
export async function readEvalStatements(
  store: ReadOnlyGraphTarget,
  subject: Descriptor,
  trust: VerificationPolicy,
  options?: CallOptions,
): Promise<ReadEvals> {
  const demanded = { ...trust, predicateType: predicateTypes.eval };
  const { verified, rejected } = await verifyStatements(store, subject, demanded, options);
  const statements: EvalStatement[] = [];
  const unverified = rejected.map(({ bundle, error }) => ({ digest: bundle.digest, reason: error.message }));
  for (const { bundle, signer, statement } of verified) {
    const parsed = Eval.safeParse(statement.predicate);
    const name = signer.kind === "certificate" ? signer.subject : signer.fingerprint;
    if (parsed.success) statements.push({ digest: bundle.digest, signer: name, result: parsed.data });
    else unverified.push({ digest: bundle.digest, reason: "it is signed, but no evaluation that can be read" });
  }
  const time = ({ result }: EvalStatement) => Date.parse(result.evaluatedAt);
  return { statements: statements.sort((a, b) => time(b) - time(a)), unverified };
}
