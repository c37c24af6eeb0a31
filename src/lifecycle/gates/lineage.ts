import { lineageOf } from "../../evidence/lineage/lineage.ts";
import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Provenance, trainingBuildType } from "../../evidence/predicates/provenance.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { LineageRule } from "../policy/schema.ts";
import { conditionsGate } from "./conditions.ts";
import { lineageLicenseGate } from "./license.ts";
import { partsOf } from "./parts.ts";
import { personalDataGate } from "./personal-data.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { type EvidenceQuery, references, selectEvidence } from "./selection.ts";

/** It is known which run trained the model, on which data, with which code. */
export function lineageGate(situation: Situation, gate: string, rule: LineageRule): readonly GateResult[] {
  const fix = `mreg attach ${commandTarget(situation)} --type lineage lineage.yaml`;
  const selection = selectEvidence(situation, lineageQuery(situation, gate, rule));
  if (selection.denial) return [selection.denial];
  const evidence = references(selection.newest);
  const missing = rule.require.filter((part) =>
    selection.newest.some(({ predicate }) => lineageOf(predicate).missing.includes(part)),
  );
  const complete =
    missing.length === 0
      ? pass(gate, `names ${rule.require.join(", ") || "a run"}`, evidence)
      : deny(gate, "incomplete", `the training lineage does not name ${missing.join(", ")}`, {
          ...{ evidence, fix: `add them, then ${fix}`, who: whoMaySign(situation.policy, rule.signedBy) },
        });
  return [
    complete,
    ...lineageLicenseGate(situation, gate, rule, selection.newest),
    ...personalDataGate(situation, gate, rule, selection.newest),
    ...conditionsGate(situation, gate, rule, selection.newest),
  ];
}

/** Which statements a lineage rule is about. */
export function lineageQuery(situation: Situation, gate: string, rule: LineageRule): EvidenceQuery<Provenance> {
  return {
    gate,
    fix: `mreg attach ${commandTarget(situation)} --type lineage lineage.yaml`,
    wanted: "training lineage",
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    predicateType: predicateTypes.lineage,
    schema: Provenance,
    // Provenance of a container image, say, is of the same type and says nothing about training.
    matches: ({ buildDefinition }) => buildDefinition.buildType === trainingBuildType,
    timeOf: ({ runDetails }) => runDetails.metadata?.finishedOn,
    parts: partsOf(gate, rule),
  };
}
