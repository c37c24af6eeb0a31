import { z } from "zod";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { StatementRule } from "../policy/schema.ts";
import { conditionsGate } from "./conditions.ts";
import { partsOf } from "./parts.ts";
import { commandTarget, pass } from "./result.ts";
import { references, selectEvidence } from "./selection.ts";

/** There is a statement of a type that mreg has no word for; what it must say is for the rule's conditions. */
export function statementGate(situation: Situation, gate: string, rule: StatementRule): readonly GateResult[] {
  const selection = selectEvidence(situation, {
    gate,
    fix: `attach a signed ${rule.type} to ${commandTarget(situation)}`,
    wanted: `statement ${rule.type}`,
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    predicateType: rule.type,
    schema: z.record(z.string(), z.unknown()),
    parts: partsOf(gate, rule),
  });
  if (selection.denial) return [selection.denial];
  const evidence = references(selection.newest);
  return [
    pass(gate, `${rule.type} by ${evidence.map(({ signer }) => signer).join(", ")}`, evidence),
    ...conditionsGate(situation, gate, rule, selection.newest),
  ];
}
