import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { durationMs, formatDuration } from "../duration.ts";
import type { SoakRule } from "../policy/schema.ts";
import { deny, pass } from "./result.ts";
import { clockSkewMs } from "./selection.ts";

/** The version has been in a state for long enough. */
export function soakGate(situation: Situation, soak: SoakRule, gate = "soak"): GateResult {
  const entered = situation.state.versions.get(situation.version)?.entered.get(soak.in);
  if (entered === undefined) {
    return deny(gate, "soaking", `never was in ${soak.in}, expected at least ${soak.min} there`, {
      fix: `mreg promote ${situation.model}:v${situation.version} --to ${soak.in}`,
    });
  }
  const spent = situation.now.getTime() - Date.parse(entered);
  const reason = `in ${soak.in} for ${formatDuration(spent)}, expected at least ${soak.min}`;
  if (spent >= durationMs(soak.min)) return pass(gate, reason);
  const until = new Date(Date.parse(entered) + durationMs(soak.min)).toISOString();
  return deny(gate, "soaking", reason, { fix: `wait until ${until}` });
}

/** A rollback goes to something that production has served before and that something else has replaced since. */
export function previouslyInStateGate(situation: Situation): GateResult {
  const gate = "previously-in-state";
  const { state, version, rule } = situation;
  if (state.champion?.version === version) {
    return deny(gate, "neverInState", `v${version} is what ${rule.to} serves already, expected an earlier one`, {
      fix: `mreg rollback ${situation.model}:<version>; mreg log ${situation.model} lists what was served`,
    });
  }
  const earlier = state.rollouts.findLast((rollout) => rollout.version === version);
  if (earlier) return pass(gate, `served in ${rule.to} since ${earlier.link.record.recordedAt}`);
  return deny(gate, "neverInState", `v${version} was never served in ${rule.to}`, {
    fix: `mreg promote ${situation.model}:v${version} --to ${rule.to}`,
  });
}

/** Production does not lose what it serves: another version has taken over. */
export function replacementGate({ state, version, policy, model }: Situation): GateResult {
  const gate = "replacement-in-production";
  const { champion } = state;
  if (champion && champion.version !== version) return pass(gate, `${policy.liveState} serves v${champion.version}`);
  return deny(gate, "noReplacement", `${policy.liveState} serves nothing but v${version}`, {
    fix: `mreg promote ${model}:<successor> --to ${policy.liveState}`,
  });
}

/** The request says until when the version is still served. */
export function sunsetGate({ sunset, now, model, version, rule, policy }: Situation): GateResult {
  const fix = `mreg promote ${model}:v${version} --to ${rule.to} --sunset 90d`;
  if (sunset === undefined) return deny("sunset", "sunsetMissing", "the request names no sunset", { fix });
  // A negated comparison: a date that is none at all must not pass.
  if (!(Date.parse(sunset) >= now.getTime() - clockSkewMs)) {
    return deny("sunset", "sunsetMissing", `the sunset is ${sunset}, expected a time to come`, { fix });
  }
  const { min, max } = policy.states.get(rule.to)?.sunset ?? {};
  const length = Date.parse(sunset) - now.getTime();
  // The clock of whoever asks, and the one that decides, may differ a little.
  const tooShort = min !== undefined && length < durationMs(min) - clockSkewMs;
  const tooLong = max !== undefined && length > durationMs(max) + clockSkewMs;
  if (tooShort || tooLong) {
    const expected = tooShort ? `at least ${min}` : `at most ${max}`;
    return deny("sunset", "sunsetMissing", `the sunset is in ${formatDuration(length)}, expected ${expected}`, { fix });
  }
  return pass("sunset", `served until ${sunset}`);
}

/** The time that was promised when the version was retired is over. */
export function sunsetExpiredGate({ model, state, version, now }: Situation): GateResult {
  const gate = "sunset-expired";
  const sunset = state.versions.get(version)?.sunset;
  if (sunset === undefined) {
    return deny(gate, "sunsetMissing", "no record names a sunset for this version, expected that of its retirement", {
      fix: `mreg retire ${model}:v${version} --sunset 90d`,
    });
  }
  if (Date.parse(sunset) <= now.getTime()) return pass(gate, `expired at ${sunset}`);
  return deny(gate, "sunsetRunning", `runs until ${sunset}`, { fix: `wait until ${sunset}` });
}
