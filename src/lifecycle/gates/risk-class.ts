import type { ModelCard } from "../../evidence/predicates/model-card.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { CardRule } from "../policy/schema.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { type Candidate, references } from "./selection.ts";

/** The card's risk class is one that the policy knows: tiers hang on it, and a made-up word would be in none. */
export function riskClassGate(
  situation: Situation,
  name: string,
  { riskClasses, signedBy }: CardRule,
  candidates: readonly Candidate<ModelCard>[],
): readonly GateResult[] {
  if (!riskClasses) return [];
  const gate = `${name}.risk-class`;
  const evidence = references(candidates);
  const found = candidates.map(({ predicate }) => predicate.fields.riskClass);
  const unknown = found.filter((risk) => risk === undefined || !riskClasses.includes(risk));
  if (unknown.length === 0) return [pass(gate, [...new Set(found)].join(", "), evidence)];
  const reason = `the risk class is ${unknown[0] ?? "not stated"}, expected ${riskClasses.join(" or ")}`;
  return [
    deny(gate, "riskClassUnknown", reason, {
      evidence,
      who: whoMaySign(situation.policy, signedBy),
      fix: `correct the card, then mreg attach ${commandTarget(situation)} --type card README.md`,
    }),
  ];
}
