import { lineageOf } from "../../evidence/lineage.ts";
import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Provenance, trainingBuildType } from "../../evidence/predicates/provenance.ts";
import type { GateResult } from "../decision.ts";
import type { LineageRule } from "../policy/schema.ts";
import type { Situation } from "../situation.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { references, selectEvidence } from "./selection.ts";

/** It is known which run trained the model, on which data, with which code. */
export function lineageGate(situation: Situation, gate: string, rule: LineageRule): GateResult {
  const fix = `mreg attach ${commandTarget(situation)} --type lineage lineage.yaml`;
  const selection = selectEvidence(situation, {
    gate,
    fix,
    wanted: "training lineage",
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    predicateType: predicateTypes.lineage,
    schema: Provenance,
    // Provenance of a container image, say, is of the same type and says nothing about training.
    matches: ({ buildDefinition }) => buildDefinition.buildType === trainingBuildType,
    timeOf: ({ runDetails }) => runDetails.metadata?.finishedOn,
  });
  if (selection.denial) return selection.denial;
  const evidence = references(selection.newest);
  const missing = rule.require.filter((part) =>
    selection.newest.some(({ predicate }) => lineageOf(predicate).missing.includes(part)),
  );
  if (missing.length === 0) return pass(gate, `names ${rule.require.join(", ") || "a run"}`, evidence);
  return deny(gate, "incomplete", `the training lineage does not name ${missing.join(", ")}`, {
    ...{ evidence, fix: `add them, then ${fix}`, who: whoMaySign(situation.policy, rule.signedBy) },
  });
}
