import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { type BuiltInGate, isBuiltInGate } from "../policy/gate-names.ts";
import type { EvidenceRule } from "../policy/schema.ts";
import { cardGate } from "./card.ts";
import { consumersGate } from "./consumers.ts";
import { documentGate } from "./document.ts";
import { evalGate } from "./eval.ts";
import { previouslyInStateGate, replacementGate, sunsetExpiredGate, sunsetGate } from "./history.ts";
import { lineageGate } from "./lineage.ts";
import { monitoringGate } from "./monitoring.ts";
import { deny } from "./result.ts";
import { scanGate } from "./scan.ts";
import { ownerGate, signatureGate } from "./signature.ts";
import { statementGate } from "./statement.ts";

const builtIn: Readonly<Record<BuiltInGate, (situation: Situation) => GateResult>> = {
  signature: signatureGate,
  owner: ownerGate,
  "previously-in-state": previouslyInStateGate,
  "replacement-in-production": replacementGate,
  sunset: sunsetGate,
  "sunset-expired": sunsetExpiredGate,
};

/** Judges one gate that a transition requires: a built-in one, or the policy's own rule of that name. */
export function judgeGate(situation: Situation, gate: string): readonly GateResult[] {
  if (isBuiltInGate(gate)) return [builtIn[gate](situation)];
  const rule = situation.policy.evidence.get(gate);
  // `parsePolicy` refuses such a policy; a hand-made one must not pass by the gap.
  if (!rule) return [deny(gate, "malformed", "evaluation error: the policy does not define this gate")];
  return judgeEvidence(situation, gate, rule);
}

function judgeEvidence(situation: Situation, gate: string, rule: EvidenceRule): readonly GateResult[] {
  if ("document" in rule) return [documentGate(situation, gate, rule)];
  switch (rule.predicate) {
    case "model-card":
      return cardGate(situation, gate, rule);
    case "lineage":
      return lineageGate(situation, gate, rule);
    case "eval":
      return evalGate(situation, gate, rule);
    case "scan":
      return scanGate(situation, gate, rule);
    case "consumers":
      return consumersGate(situation, gate, rule);
    case "monitoring":
      return monitoringGate(situation, gate, rule);
    case "statement":
      return statementGate(situation, gate, rule);
  }
}
