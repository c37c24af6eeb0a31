import type { Digest } from "../../base/digest.ts";
import { fromContentDigest } from "../../evidence/predicates/digest-set.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { deny, pass } from "./result.ts";

/** Statements that the last record about this version names. */
export function recordedBefore({ state, version }: Pick<Situation, "state" | "version">): ReadonlySet<Digest> {
  const evidence = state.versions.get(version)?.link.record.evidence ?? [];
  return new Set(evidence.map(({ digest }) => fromContentDigest(digest)));
}

/**
 * What an earlier record of this version names is still there.
 *
 * Whoever can delete could otherwise remove the newest failure, and an older pass would count again: the chain is what
 * remembers that there was one (attack T8 in test/conformance/attacks/).
 */
export function recordedGate(situation: Situation): readonly GateResult[] {
  const recorded = recordedBefore(situation);
  if (recorded.size === 0) return [];
  const present = new Set(situation.statements.map(({ digest }) => digest));
  const gone = [...recorded].filter((digest) => !present.has(digest));
  if (gone.length === 0) return [pass("recorded", `${recorded.size} statements of the last record are there`)];
  const named = gone.slice(0, 3).join(", ");
  const more = gone.length > 3 ? ` and ${gone.length - 3} more` : "";
  return [
    deny("recorded", "gone", `the last record names ${named}${more}, which no longer verifies here`, {
      fix: "bring it back from a copy of the registry; if a key left the policy, put it back with no role",
    }),
  ];
}
