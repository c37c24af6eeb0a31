import type { Provenance } from "../../evidence/predicates/provenance.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { LineageRule } from "../policy/schema.ts";
import { trainingSets } from "./license.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { type Candidate, references } from "./selection.ts";

/** What a data set says of personal data: `annotations.containsPII` of its entry in the provenance. */
export function personalDataOf(provenance: Provenance): readonly { name: string; holds: boolean | undefined }[] {
  return trainingSets(provenance).map(({ name, annotations }) => {
    const said = annotations?.["containsPII"];
    return { name, holds: typeof said === "boolean" ? said : undefined };
  });
}

/** Each data set of the training says whether it holds personal data, and, where the policy asks, that it does not. */
export function personalDataGate(
  situation: Situation,
  name: string,
  { personalData, signedBy }: LineageRule,
  candidates: readonly Candidate<Provenance>[],
): readonly GateResult[] {
  if (!personalData) return [];
  const gate = `${name}.personal-data`;
  const evidence = references(candidates);
  const sets = candidates.flatMap(({ predicate }) => personalDataOf(predicate));
  const bad = sets.filter(({ holds }) => holds === undefined || (personalData === "none" && holds));
  if (sets.length > 0 && bad.length === 0) {
    const holding = sets.filter(({ holds }) => holds).map((one) => one.name);
    return [pass(gate, holding.length > 0 ? `personal data in ${holding.join(", ")}` : "no personal data", evidence)];
  }
  const reasons = bad.map(
    (one) => `${one.name} ${one.holds ? "holds personal data" : "does not say whether it holds any"}`,
  );
  return [
    deny(gate, "personalData", reasons.join("; ") || "the lineage names no data set", {
      evidence,
      who: whoMaySign(situation.policy, signedBy),
      fix: `state containsPII for each data set, then mreg attach ${commandTarget(situation)} --type lineage lineage.yaml`,
    }),
  ];
}
