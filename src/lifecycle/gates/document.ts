import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Document } from "../../evidence/predicates/document.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { DocumentRule } from "../policy/schema.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { references, selectEvidence } from "./selection.ts";

/** There is a document of this role; a rollback plan also names something to go back to. */
export function documentGate(situation: Situation, gate: string, rule: DocumentRule): GateResult {
  const role = rule.document;
  const fix = `mreg attach ${commandTarget(situation)} --type document --role ${role} ${role}.md`;
  const selection = selectEvidence(situation, {
    gate,
    fix,
    wanted: role.replaceAll("-", " "),
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    predicateType: predicateTypes.document,
    schema: Document,
    matches: (document) => document.role === role,
  });
  if (selection.denial) return selection.denial;
  const evidence = references(selection.newest);
  const previous = previousProduction(situation);
  // Before anything was in production there is nothing to go back to, and a plan cannot name it.
  if (!rule.mustReference || previous.length === 0) return pass(gate, `${role} is there`, evidence);
  const named = previous.find((digest) =>
    selection.newest.every(({ predicate }) => predicate.references?.includes(digest)),
  );
  if (named) return pass(gate, `${role} names ${named}, which production has served`, evidence);
  return deny(
    gate,
    "referenceMissing",
    `the ${role} names no digest that production has served: ${previous.join(", ")}`,
    {
      ...{
        evidence,
        fix: `write ${previous[0]} into it, then ${fix}`,
        who: whoMaySign(situation.policy, rule.signedBy),
      },
    },
  );
}

/** What production has served and still could, the newest first: not the version itself, and nothing retired since. */
function previousProduction({ state, policy, version }: Situation): readonly string[] {
  const servable = state.rollouts.filter(
    (rollout) => rollout.version !== version && state.versions.get(rollout.version)?.state === policy.liveState,
  );
  return [...new Set(servable.map(({ digest }) => digest).reverse())];
}
