import { predicateTypes } from "../../evidence/predicate-types.ts";
import { ModelCard } from "../../evidence/predicates/model-card.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { CardRule } from "../policy/schema.ts";
import { conditionsGate } from "./conditions.ts";
import { cardLicenseGate } from "./license.ts";
import { partsOf } from "./parts.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { riskClassGate } from "./risk-class.ts";
import { references, selectEvidence } from "./selection.ts";

/** There is a model card, and it fills the fields that the policy insists on. */
export function cardGate(situation: Situation, gate: string, rule: CardRule): readonly GateResult[] {
  const fix = `mreg attach ${commandTarget(situation)} --type card README.md`;
  const selection = selectEvidence(situation, {
    gate,
    fix,
    wanted: "model card",
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    predicateType: predicateTypes.card,
    schema: ModelCard,
    parts: partsOf(gate, rule),
  });
  if (selection.denial) return [selection.denial];
  const evidence = references(selection.newest);
  const isFilled = (value: unknown): boolean =>
    typeof value === "string" ? value.trim() !== "" : Array.isArray(value);
  const missing = rule.require.filter((field) =>
    selection.newest.some(({ predicate }) => !isFilled(predicate.fields[field])),
  );
  const filled =
    missing.length === 0
      ? pass(gate, `has ${rule.require.join(", ") || "a card"}`, evidence)
      : deny(gate, "incomplete", `the model card does not fill ${missing.join(", ")}`, {
          ...{ evidence, fix: `fill them in, then ${fix}`, who: whoMaySign(situation.policy, rule.signedBy) },
        });
  return [
    filled,
    ...cardLicenseGate(situation, gate, rule, selection.newest),
    ...riskClassGate(situation, gate, rule, selection.newest),
    ...conditionsGate(situation, gate, rule, selection.newest),
  ];
}
