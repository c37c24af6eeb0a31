import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Monitoring } from "../../evidence/predicates/monitoring.ts";
import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import type { MonitoringRule } from "../policy/schema.ts";
import { conditionsGate } from "./conditions.ts";
import { partsOf } from "./parts.ts";
import { commandTarget, deny, pass, whoMaySign } from "./result.ts";
import { references, selectEvidence } from "./selection.ts";

/** The newest monitoring report of this version is in a state that the policy accepts, and watched what it must. */
export function monitoringGate(situation: Situation, gate: string, rule: MonitoringRule): readonly GateResult[] {
  const fix = `mreg attach ${commandTarget(situation)} --type monitoring report.json`;
  const selection = selectEvidence(situation, {
    gate,
    fix,
    wanted: "monitoring report",
    signedBy: rule.signedBy,
    maxAge: rule.maxAge,
    predicateType: predicateTypes.monitoring,
    schema: Monitoring,
    timeOf: ({ observedAt }) => observedAt,
    parts: partsOf(gate, rule),
  });
  if (selection.denial) return [selection.denial];
  const detail = { evidence: references(selection.newest), fix, who: whoMaySign(situation.policy, rule.signedBy) };
  const bad = selection.newest.find(({ predicate }) => !isAccepted(predicate, rule))?.predicate;
  const unwatched = rule.categories.filter((category) =>
    selection.newest.some(
      ({ predicate }) => !predicate.metrics.some((metric) => metric.category === category && metric.limit),
    ),
  );
  const own = bad
    ? deny(
        gate,
        "monitoringBreached",
        `monitoring says ${bad.status}${failuresOf(bad)}, expected ${rule.status.join(" or ")}`,
        detail,
      )
    : unwatched.length > 0
      ? deny(gate, "monitoringIncomplete", `nothing with a limit watches ${unwatched.join(", ")}`, detail)
      : pass(gate, [...new Set(selection.newest.map(({ predicate }) => predicate.status))].join(", "), detail.evidence);
  return [own, ...conditionsGate(situation, gate, rule, selection.newest)];
}

function isAccepted({ status }: Monitoring, rule: MonitoringRule): boolean {
  return (rule.status as readonly string[]).includes(status);
}

function failuresOf({ metrics, failures = [] }: Monitoring): string {
  const breached = metrics.filter(({ limit }) => limit?.breached).map(({ name, value }) => `${name} ${value}`);
  const all = [...breached, ...failures].slice(0, 5);
  return all.length > 0 ? `: ${all.join(", ")}` : "";
}
