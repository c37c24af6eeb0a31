import { predicateTypes } from "../../evidence/predicate-types.ts";
import { toContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { TransitionRecord } from "../chain/record.ts";
import { trustedEvidence } from "../decision/evidence-view.ts";
import type { MemberStatement, Situation } from "../decision/situation.ts";
import { recordedBefore } from "../gates/recorded.ts";

/** The statements that a record names, so that the decision can be made again from them alone. */
export interface RecordedInputs {
  /** About the version: everything trusted, for it and against it. */
  readonly evidence: TransitionRecord["evidence"];
  /** About the champion: its evaluations. */
  readonly baseline: TransitionRecord["baseline"];
}

/** Lists what a decision was made from, by digest and in the order of digests. */
export function recordedInputs(situation: Situation): RecordedInputs {
  const { policy, statements, championStatements } = situation;
  const evaluations = championStatements.filter(({ predicateType }) => predicateType === predicateTypes.eval);
  return {
    evidence: listed(trustedEvidence(policy, statements, recordedBefore(situation))),
    baseline: listed(trustedEvidence(policy, evaluations)),
  };
}

function listed(statements: readonly MemberStatement[]): TransitionRecord["evidence"] {
  return [...statements]
    .sort((one, other) => (one.digest < other.digest ? -1 : 1))
    .map(({ digest, predicateType }) => ({ predicateType, digest: toContentDigest(digest) }));
}
