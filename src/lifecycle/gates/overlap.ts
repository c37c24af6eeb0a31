import type { DigestSet } from "../../evidence/predicates/digest-set.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { LineageRule } from "../policy/schema.ts";
import { datasetsOf, type EvalInput } from "./eval-input.ts";
import { trainingSets } from "./license.ts";
import { lineageQuery } from "./lineage.ts";
import { deny, pass, whoMaySign } from "./result.ts";
import { references, selectEvidence } from "./selection.ts";

/**
 * The model was not evaluated on what it was trained on, by the digests of lineage and evaluation.
 *
 * Data without a digest, on either side, cannot be told apart from any other, and that denies.
 */
export function overlapGate(situation: Situation, { gate, rule, candidates, query }: EvalInput): readonly GateResult[] {
  if (rule.noOverlapWith === undefined) return [];
  const name = `${gate}.overlap`;
  const lineage = situation.policy.evidence.get(rule.noOverlapWith);
  if (!isLineage(lineage)) return [deny(name, "malformed", "evaluation error: the policy names no rule of lineage")];
  const selection = selectEvidence(situation, { ...lineageQuery(situation, name, lineage), parts: [] });
  if (selection.denial) return [selection.denial];
  const evidence = [...references(candidates), ...references(selection.newest)];
  const who = whoMaySign(situation.policy, rule.signedBy);
  const trainingData = selection.newest.flatMap(({ predicate }) => trainingSets(predicate).map(({ digest }) => digest));
  const data = candidates.flatMap(({ predicate }) => datasetsOf(predicate).map((set) => set?.digest));
  const trained = trainingData.filter(isKnown);
  const evaluated = data.filter(isKnown);
  if (trained.length === 0 || trained.length < trainingData.length || evaluated.length < data.length) {
    const side = evaluated.length < data.length ? "the evaluation" : "the lineage";
    const reason = `${side} names data without a digest, so that nothing tells whether the model was trained on it`;
    return [deny(name, "incomparable", reason, { evidence, who, fix: `name the data by digest, then ${query.fix}` })];
  }
  const common = evaluated.filter((one) => trained.some((other) => isSame(one, other)));
  if (common.length === 0) return [pass(name, "trained and evaluated on different data", evidence)];
  const shared = common.map((digest) => Object.values(digest)[0]?.slice(0, 12)).join(", ");
  const reason = `evaluated on data that it was trained on (${shared}…), expected other data`;
  return [deny(name, "overlap", reason, { evidence, who, fix: `evaluate on other data, then ${query.fix}` })];
}

function isLineage(rule: ReturnType<Situation["policy"]["evidence"]["get"]>): rule is LineageRule {
  return rule !== undefined && "predicate" in rule && rule.predicate === "lineage";
}

function isKnown(digest: DigestSet | undefined): digest is DigestSet {
  return digest !== undefined;
}

/** Two sets of digests name one thing when any algorithm agrees. */
function isSame(one: DigestSet, other: DigestSet): boolean {
  return Object.entries(one).some(([algorithm, hex]) => other[algorithm] === hex);
}
