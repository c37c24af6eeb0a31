import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Consumers, coversEnvironment, remainingConsumers } from "../../evidence/predicates/consumers.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { ConsumersRule } from "../policy/schema.ts";
import { conditionsGate } from "./conditions.ts";
import { partsOf } from "./parts.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { references, selectEvidence } from "./selection.ts";

/** Somebody who may say so has stated that nothing uses the version any more. */
export function consumersGate(situation: Situation, gate: string, rule: ConsumersRule): readonly GateResult[] {
  const fix = `mreg attach ${commandTarget(situation)} --type consumers consumers.json`;
  const selection = selectEvidence<Consumers>(situation, {
    gate,
    fix,
    wanted: "statement of who still uses it",
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    ...{ predicateType: predicateTypes.consumers, schema: Consumers, timeOf: ({ observedAt }) => observedAt },
    // A statement that looked elsewhere proves nothing here.
    matches: (predicate) => rule.environment === undefined || coversEnvironment(predicate, rule.environment),
    parts: partsOf(gate, rule),
  });
  if (selection.denial) return [selection.denial];
  const evidence = references(selection.newest);
  const remaining = selection.newest.flatMap(({ predicate }) =>
    remainingConsumers(predicate, rule.environment).map(({ name }) => name),
  );
  const names = remaining.slice(0, 5).join(", ");
  const own =
    remaining.length === 0
      ? pass(gate, "nobody uses it", evidence)
      : deny(gate, "consumersRemain", `${remaining.length} still use it: ${names}`, {
          ...{ evidence, fix: `move them away, then ${fix}`, who: whoMaySign(situation.policy, rule.signedBy) },
        });
  return [own, ...conditionsGate(situation, gate, rule, selection.newest)];
}
