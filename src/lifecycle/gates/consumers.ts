import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Consumers, remainingConsumers } from "../../evidence/predicates/consumers.ts";
import type { GateResult } from "../decision.ts";
import type { ConsumersRule } from "../policy/schema.ts";
import type { Situation } from "../situation.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { references, selectEvidence } from "./selection.ts";

/** Somebody who may say so has stated that nothing uses the version any more. */
export function consumersGate(situation: Situation, gate: string, rule: ConsumersRule): GateResult {
  const fix = `mreg attach ${commandTarget(situation)} --type consumers consumers.json`;
  const selection = selectEvidence<Consumers>(situation, {
    gate,
    fix,
    wanted: "statement of who still uses it",
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    ...{ predicateType: predicateTypes.consumers, schema: Consumers, timeOf: ({ observedAt }) => observedAt },
  });
  if (selection.denial) return selection.denial;
  const evidence = references(selection.newest);
  const remaining = selection.newest.flatMap(({ predicate }) => remainingConsumers(predicate).map(({ name }) => name));
  if (remaining.length === 0) return pass(gate, "nobody uses it", evidence);
  const names = remaining.slice(0, 5).join(", ");
  return deny(gate, "consumersRemain", `${remaining.length} still use it: ${names}`, {
    ...{ evidence, fix: `move them away, then ${fix}`, who: whoMaySign(situation.policy, rule.signedBy) },
  });
}
