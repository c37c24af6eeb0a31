import { stateOf } from "./references.ts";
import type { EvidenceRule, PolicyFile, TransitionRule } from "./schema.ts";

/** The three demands that no policy can drop silently. */
export type InvariantDemand = "signature" | "card" | "eval";

export interface Weakening {
  readonly demand: InvariantDemand;
  /** In words, for every verdict under this policy. */
  readonly text: string;
}

/**
 * Finds where a policy lets a version into staging, or into service by any other door, without a signature, a card or
 * a passing eval.
 *
 * Doors are judged by what states serve and not by name alone: a policy that calls its first serving state `preview`
 * must not escape the invariant by that.
 */
export function findWeakenings(file: PolicyFile): readonly Weakening[] {
  return file.transitions.filter((rule) => isDoor(file, rule)).flatMap((rule) => missingDemands(file, rule));
}

function isDoor(file: PolicyFile, rule: TransitionRule): boolean {
  // An emergency skips the gates by its nature: `references.ts` demands two people, an end and a follow-up of it.
  if (rule.kind === "rollback" || rule.kind === "break-glass") return false;
  const serves = (name: string): boolean => stateOf(file, name)?.serve !== "none";
  return rule.to === "staging" || (!serves(rule.from) && serves(rule.to));
}

function missingDemands(file: PolicyFile, rule: TransitionRule): Weakening[] {
  // What is only audited, or not yet in force, stops nothing: that is no demand.
  const required = rule.requires.filter((name) => isEnforced(file, name));
  const demanded = required.map((name) => (Object.hasOwn(file.evidence, name) ? file.evidence[name] : undefined));
  const move = `${rule.from} → ${rule.to}`;
  const weakenings: Weakening[] = [];
  if (!required.includes("signature")) {
    weakenings.push({ demand: "signature", text: `${move} demands no signature` });
  }
  if (!demanded.some((evidence) => evidence && "predicate" in evidence && evidence.predicate === "model-card")) {
    weakenings.push({ demand: "card", text: `${move} demands no model card` });
  }
  if (!demanded.some(demandsPassingEval)) {
    weakenings.push({ demand: "eval", text: `${move} demands no passing eval` });
  }
  return weakenings;
}

function isEnforced({ enforcement }: PolicyFile, gate: string): boolean {
  const { audit = [], effectiveOn = {} } = enforcement ?? {};
  return !audit.includes(gate) && !Object.hasOwn(effectiveOn, gate);
}

/**
 * An eval rule without a threshold, a claim or a baseline passes whatever the numbers are: that is not a passing eval.
 */
function demandsPassingEval(rule: EvidenceRule | undefined): boolean {
  if (!rule || !("predicate" in rule) || rule.predicate !== "eval") return false;
  const alwaysCompares = rule.baseline !== undefined && rule.baseline.ifNone === "deny";
  return rule.metrics.length > 0 || rule.claims === "required" || alwaysCompares;
}
