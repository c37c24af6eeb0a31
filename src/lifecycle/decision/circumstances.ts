import type { SlotState } from "../chain/fold.ts";
import { slotPattern } from "../chain/record.ts";
import { weightLeft } from "../chain/slots.ts";
import { durationMs } from "../duration.ts";
import { deny, pass } from "../gates/result.ts";
import { needReason } from "../policy/references.ts";
import type { TransitionKind } from "../policy/schema.ts";
import { versionTag } from "../versions/tags.ts";
import type { GateResult } from "./decision.ts";
import type { Situation } from "./situation.ts";

/** What a request says of itself, beside which version is to move where. */
export interface Circumstances {
  /** Why, in the requester's words. */
  readonly reason?: string;
  /** Of the emergency, as the incident system names it. */
  readonly incident?: string;
  /** When an emergency move ends; RFC 3339, or what was given instead. */
  readonly expiresAt?: string;
  /** Of a record that is judged again: when the emergency was to be followed up; RFC 3339. */
  readonly followUpBy?: string;
  /** The version that takes over from a retired one. */
  readonly successor?: number;
  readonly slot?: string;
  /** Percent. */
  readonly weight?: number;
  /** Since when a revoked version is not to be believed; RFC 3339, or what was given instead. */
  readonly compromisedSince?: string;
}

/** Moves that bring something new into service, which waits while an emergency has not been followed up. */
const bringIn: readonly TransitionKind[] = ["promote", "assign", "break-glass"];

/** Gates that no policy has to name: they follow from the kind of the move and from the model's history. */
export function circumstanceGates(situation: Situation): readonly GateResult[] {
  const gates = [
    reasonGate(situation),
    emergencyGate(situation),
    holdGate(situation),
    followUpGate(situation),
    successorGate(situation),
    slotGate(situation),
  ];
  return gates.flatMap((result) => (result ? [result] : []));
}

function reasonGate({ circumstances, rule }: Situation): GateResult | undefined {
  if (!needReason.includes(rule.kind)) return undefined;
  const { compromisedSince, reason = "" } = circumstances ?? {};
  if (compromisedSince !== undefined && Number.isNaN(Date.parse(compromisedSince))) {
    return deny("reason", "reasonMissing", `compromised since ${JSON.stringify(compromisedSince)}, expected a time`, {
      fix: "--compromised-since 2026-09-01T00:00:00Z",
    });
  }
  if (reason.trim() !== "" && reason.length <= 2_000) return pass("reason", "the request says why");
  return deny("reason", "reasonMissing", `a ${rule.kind} says why in 1 to 2,000 characters, found ${reason.length}`, {
    fix: "--reason <text>",
  });
}

/** An emergency names its incident and ends by itself. The second person is for the approvals of the rule. */
function emergencyGate({ circumstances, now, rule }: Situation): GateResult | undefined {
  if (rule.kind !== "break-glass") return undefined;
  const { expiresAt = "", incident = "" } = circumstances ?? {};
  const fix = `--break-glass --incident <id> --expires ${rule.maxDuration ?? "24h"}`;
  if (incident.trim() === "" || incident.length > 200) {
    return deny("break-glass", "emergencyIncomplete", "the request names no incident", { fix });
  }
  const left = Date.parse(expiresAt) - now.getTime();
  const most = durationMs(rule.maxDuration ?? "0s");
  const followUp = circumstances?.followUpBy;
  const latest = now.getTime() + durationMs(rule.followUpWithin ?? "0s");
  if (followUp !== undefined && !(Date.parse(followUp) <= latest)) {
    const reason = `is to be followed up by ${followUp}, expected within ${rule.followUpWithin}`;
    return deny("break-glass", "emergencyIncomplete", reason, { fix });
  }
  // A negated comparison: a date that is none at all must not pass.
  if (left > 0 && left <= most) return pass("break-glass", `${incident}, until ${expiresAt}`);
  const reason = `ends ${expiresAt === "" ? "never" : `at ${expiresAt}`}, expected at most ${rule.maxDuration} from now`;
  return deny("break-glass", "emergencyIncomplete", reason, { fix });
}

/** Legal hold: the version stays where it can be looked at. A revocation is no less evidence, and passes. */
function holdGate({ model, policy, rule, state, version }: Situation): GateResult | undefined {
  const known = state.versions.get(version);
  if (rule.kind !== "archive" && !(policy.states.get(rule.to)?.terminal && rule.kind !== "revoke")) return undefined;
  if (rule.from === rule.to) return undefined;
  if (!known?.hold) return pass("legal-hold", "nobody holds it");
  const { hold, notLifted } = known;
  const { reason = "no reason given", recordedAt } = hold.record;
  const still = notLifted === undefined ? "" : `; what lifts it does not count: ${notLifted}`;
  return deny("legal-hold", "held", `held since ${recordedAt} by ${hold.signer.person}: ${reason}${still}`, {
    fix: `mreg hold ${model}:${versionTag(version)} --lift --reason <text>`,
  });
}

function followUpGate({ model, now, policy, rule, state }: Situation): GateResult | undefined {
  if (rule.to !== policy.liveState || !bringIn.includes(rule.kind)) return undefined;
  const overdue = (state.openBreakGlass ?? []).find(({ facts }) => Date.parse(facts.followUpBy) <= now.getTime());
  if (!overdue) return undefined;
  const { facts, notFollowedUp, version } = overdue;
  const still = notFollowedUp === undefined ? "" : `; the follow-up that there is does not count: ${notFollowedUp}`;
  const what = `${versionTag(version)} came by break-glass (${facts.incident}) and was to be followed up by ${facts.followUpBy}${still}`;
  return deny("follow-up", "followUpOverdue", what, {
    fix: `mreg promote ${model}:${versionTag(version)} --to ${rule.to} --follow-up --reason <text>, or roll back and retire it`,
  });
}

function successorGate({ circumstances, policy, rule, state, version }: Situation): GateResult | undefined {
  const successor = circumstances?.successor;
  if (rule.kind !== "retire" || successor === undefined) return undefined;
  const found = state.versions.get(successor);
  const name = versionTag(successor);
  if (successor !== version && found?.state === policy.liveState) return pass("successor", `${name} takes over`);
  const known = found ? `is in ${found.state}` : "is in no record";
  const where = successor === version ? "is the version itself" : known;
  return deny("successor", "successorUnfit", `${name} ${where}, expected another version in ${policy.liveState}`, {
    fix: `--successor <version in ${policy.liveState}>`,
  });
}

function slotGate({ circumstances, policy, rule, state, version }: Situation): GateResult | undefined {
  const { slot, weight } = circumstances ?? {};
  if (slot === undefined && weight === undefined && rule.kind !== "assign") return undefined;
  const refuse = (reason: string): GateResult =>
    deny("slot", "slotUnfit", reason, { fix: "--slot <letters> --weight <percent>" });
  if (rule.to !== policy.liveState) return refuse(`${rule.to} has no slots, ${policy.liveState} has`);
  if (slot === undefined) {
    return weight === undefined
      ? pass("slot", "the main slot")
      : refuse("the main slot takes what the others leave, expected no weight");
  }
  if (!slotPattern.test(slot)) return refuse(`slot is ${JSON.stringify(slot)}, expected lower-case letters`);
  if (weight !== undefined && !(Number.isInteger(weight) && weight >= 0 && weight <= 100)) {
    return refuse(`weight is ${weight}, expected a whole number of percent`);
  }
  const slots: ReadonlyMap<string, SlotState> = state.slots ?? new Map();
  if (weightLeft(slots, slot, weight ?? 0) < 0) return refuse("the weights of all slots together exceed 100");
  if (weight === 0 && (rule.kind !== "assign" || slots.get(slot)?.version !== version)) {
    return refuse(`${slot} does not serve ${versionTag(version)}, so that there is nothing to empty`);
  }
  return pass("slot", weight === undefined ? slot : `${slot}, ${weight} %`);
}
