import { durationMs } from "../duration.ts";
import { builtInGates, impliedGates, isBuiltInGate } from "./gate-names.ts";
import { type PolicyProblem, unknownNames } from "./problem.ts";
import { findGateNameProblems, findRuleProblems } from "./rule-problems.ts";
import type { ApprovalRule, PolicyFile, TierRule, TransitionKind, TransitionRule } from "./schema.ts";

/** Finds every name in the file that nothing stands behind, and every rule that contradicts another. */
export function findBrokenReferences(file: PolicyFile): readonly PolicyProblem[] {
  return [
    ...identityProblems(file),
    ...roleProblems(file),
    ...delegationProblems(file),
    ...stateProblems(file),
    ...evidenceProblems(file),
    ...transitionProblems(file),
    ...findRuleProblems(file),
    ...findGateNameProblems(file),
  ];
}

function identityProblems({ identities }: PolicyFile): PolicyProblem[] {
  return Object.entries(identities)
    .filter(([, { publicKey, issuer, identity }]) => {
      const isCertificate = issuer !== undefined && identity !== undefined;
      const isKey = issuer === undefined && identity === undefined;
      return publicKey === undefined ? !isCertificate : !isKey;
    })
    .map(([name]) => ({ path: `identities.${name}`, message: "expected publicKey, or issuer and identity" }));
}

function roleProblems(file: PolicyFile): PolicyProblem[] {
  const identities = Object.keys(file.identities);
  return Object.entries(file.roles).flatMap(([role, names]) =>
    unknownNames(`roles.${role}`, "identity", { names, allowed: identities }),
  );
}

function delegationProblems({ delegations, identities, roles }: PolicyFile): PolicyProblem[] {
  return delegations.flatMap(({ from, to, role, since, until }, at) => {
    const path = `delegations.${at}`;
    const names = { names: [from, to], allowed: Object.keys(identities) };
    const owners = Object.hasOwn(roles, role) ? (roles[role] ?? []) : undefined;
    const isOver = since !== undefined && Date.parse(since) >= Date.parse(until);
    return [
      ...unknownNames(path, "identity", names),
      ...unknownNames(`${path}.role`, "role", { names: [role], allowed: Object.keys(roles) }),
      ...(owners && !owners.includes(from)
        ? [{ path, message: `${from} is not ${role}, and cannot lend what is not theirs` }]
        : []),
      ...(isOver ? [{ path: `${path}.until`, message: "not later than since" }] : []),
    ];
  });
}

function stateProblems(file: PolicyFile): PolicyProblem[] {
  const states = Object.entries(file.states);
  const problems: PolicyProblem[] = [];
  const initial = states.filter(([, rule]) => rule.initial);
  if (initial.length !== 1) problems.push({ path: "states", message: `${initial.length} are initial, expected one` });
  for (const [name, rule] of initial) {
    // What was only just pushed has passed no gate; serving it would go around all of them.
    if (rule.serve !== "none") problems.push({ path: `states.${name}.serve`, message: "an initial state serves none" });
  }
  for (const [name, { sunset }] of states) {
    const { min, max } = sunset ?? {};
    if (min !== undefined && max !== undefined && durationMs(min) > durationMs(max)) {
      problems.push({ path: `states.${name}.sunset`, message: `min ${min} is longer than max ${max}` });
    }
  }
  const live = states.filter(([, rule]) => rule.serve === "live").length;
  if (live !== 1) problems.push({ path: "states", message: `${live} serve live, expected one` });
  return problems;
}

function evidenceProblems(file: PolicyFile): PolicyProblem[] {
  const allowed = Object.keys(file.roles);
  return Object.entries(file.evidence).flatMap(([name, rule]) => {
    const path = `evidence.${name}`;
    const reserved = isBuiltInGate(name) || (impliedGates as readonly string[]).includes(name);
    return [
      ...(reserved ? [{ path, message: "is the name of a built-in gate" }] : []),
      ...unknownNames(`${path}.signedBy`, "role", { names: rule.signedBy ?? [], allowed }),
    ];
  });
}

function transitionProblems(file: PolicyFile): PolicyProblem[] {
  return file.transitions.flatMap((rule, at) => {
    const path = `transitions.${at}`;
    const twin = file.transitions.findIndex((other) => sameMove(other, rule));
    return [
      ...referenceProblems(path, rule, file),
      ...(twin < at ? [{ path, message: `is the same move as transitions.${twin}` }] : []),
      ...moveProblems(path, rule, file),
    ];
  });
}

function referenceProblems(path: string, rule: TransitionRule, file: PolicyFile): PolicyProblem[] {
  const states = {
    names: [rule.from, rule.to, ...(rule.soak ? [rule.soak.in] : [])],
    allowed: Object.keys(file.states),
  };
  const gates = { names: rule.requires, allowed: [...builtInGates, ...Object.keys(file.evidence)] };
  const allowed = Object.keys(file.roles);
  return [
    ...unknownNames(path, "state", states),
    ...unknownNames(`${path}.requires`, "gate", gates),
    ...unknownNames(`${path}.authorize.roles`, "role", { names: rule.authorize.roles, allowed }),
    ...unknownNames(`${path}.approvals.roles`, "role", { names: rule.approvals?.roles ?? [], allowed }),
    ...unknownNames(`${path}.approvals.each`, "approving role", eachOf(rule.approvals)),
    ...rule.tiers.flatMap((tier, at) => tierProblems(`${path}.tiers.${at}`, tier, { file, gates: gates.allowed })),
  ];
}

/** Whose approval must be among those that count must be among those who may approve. */
function eachOf(approvals: ApprovalRule | undefined) {
  return { names: approvals?.each ?? [], allowed: approvals?.roles ?? [] };
}

function tierProblems(
  path: string,
  { when, requires, approvals, soak }: TierRule,
  { file, gates }: { readonly file: PolicyFile; readonly gates: readonly string[] },
): PolicyProblem[] {
  const roles = Object.keys(file.roles);
  return [
    ...(Object.keys(when).length === 0
      ? [{ path: `${path}.when`, message: "expected riskClass or personalData" }]
      : []),
    ...unknownNames(`${path}.requires`, "gate", { names: requires, allowed: gates }),
    ...unknownNames(`${path}.approvals.roles`, "role", { names: approvals?.roles ?? [], allowed: roles }),
    ...unknownNames(`${path}.approvals.each`, "approving role", eachOf(approvals)),
    ...unknownNames(`${path}.soak.in`, "state", { names: soak ? [soak.in] : [], allowed: Object.keys(file.states) }),
  ];
}

function moveProblems(path: string, rule: TransitionRule, file: PolicyFile): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const [from, to] = [stateOf(file, rule.from), stateOf(file, rule.to)];
  if (from?.terminal && !outOfTerminal.includes(rule.kind))
    problems.push({ path: `${path}.from`, message: `${rule.from} is terminal, nothing leads out` });
  if (to?.initial) problems.push({ path: `${path}.to`, message: `${rule.to} is initial, nothing leads into it` });
  // These change what is served or what may be done with a version, not its state; every other move changes the state.
  const stays = stayingKinds.includes(rule.kind);
  if (stays !== (rule.from === rule.to)) {
    const expected = stays ? "to be equal" : "to differ";
    problems.push({ path, message: `expected from and to ${expected} for a ${rule.kind}` });
  }
  if (liveKinds.includes(rule.kind) && to && to.serve !== "live") {
    problems.push({ path, message: `expected a ${rule.kind} in the state that serves live` });
  }
  if (rule.kind === "revoke" && to && !(to.terminal && to.serve === "none")) {
    problems.push({
      path: `${path}.to`,
      message: "expected a revocation to lead to a terminal state that serves none",
    });
  }
  return [...problems, ...breakGlassProblems(path, rule, file)];
}

/** Two people, an end and a deadline: without them it would be a door without a lock. */
function breakGlassProblems(path: string, rule: TransitionRule, file: PolicyFile): PolicyProblem[] {
  const { approvals, followUpWithin, kind, maxDuration, to } = rule;
  if (kind !== "break-glass") {
    const extra = maxDuration === undefined && followUpWithin === undefined;
    return extra ? [] : [{ path, message: "maxDuration and followUpWithin are for moves of kind break-glass" }];
  }
  const problems: PolicyProblem[] = [];
  if (!approvals?.distinctFrom.includes("requester")) {
    problems.push({ path: `${path}.approvals`, message: "expected a second person: distinctFrom: [requester]" });
  }
  if (maxDuration === undefined) problems.push({ path: `${path}.maxDuration`, message: "expected a duration" });
  if (followUpWithin === undefined) problems.push({ path: `${path}.followUpWithin`, message: "expected a duration" });
  if (!file.transitions.some((other) => other.kind === "follow-up" && other.from === to)) {
    problems.push({ path, message: `expected a move of kind follow-up from ${to}, or nothing could end it` });
  }
  return problems;
}

/** Kinds of moves that leave a version in its state. */
export const stayingKinds: readonly TransitionKind[] = ["rollback", "assign", "follow-up", "hold", "release"];
/** Kinds of moves that "promote to …" alone never means. */
export const askedByName: readonly TransitionKind[] = [...stayingKinds, "break-glass"];
/** Kinds of moves that nobody understands later unless somebody says why. */
export const needReason: readonly TransitionKind[] = ["revoke", "break-glass", "follow-up", "hold", "release"];
/** Kinds of moves that are about what is served live. */
const liveKinds: readonly TransitionKind[] = ["rollback", "assign", "follow-up", "break-glass"];
/** Kinds of moves that a terminal state does not rule out. */
const outOfTerminal: readonly TransitionKind[] = ["revoke", "hold", "release"];

/** The rule of a state; own properties only, since the name comes from the file. */
export function stateOf(file: PolicyFile, name: string) {
  return Object.hasOwn(file.states, name) ? file.states[name] : undefined;
}

function sameMove(one: TransitionRule, other: TransitionRule): boolean {
  if (one.from !== other.from || one.to !== other.to) return false;
  // Those that must be asked for by name may stand beside the ordinary move.
  return one.kind === other.kind || !(askedByName.includes(one.kind) || askedByName.includes(other.kind));
}
