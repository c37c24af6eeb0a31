import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { hasRole, memberByFingerprint, personsInRoles } from "../policy/policy.ts";
import { deny, pass } from "./result.ts";

/**
 * Whoever asks has a role that may carry the transition out.
 *
 * Nobody need ask yet: `check` without a key answers whether somebody with the role could. `promote` always asks.
 */
export function authorizeGate({ policy, rule, requester }: Situation): GateResult {
  const { roles } = rule.authorize;
  const who = personsInRoles(policy, roles);
  const expected = roles.join(" or ");
  if (requester === undefined) return pass("authorize", `nobody asks yet; it takes ${expected}`);
  const member = memberByFingerprint(policy, requester);
  if (member && hasRole(member, roles)) return pass("authorize", `asked for by ${member.name}`);
  const found = member
    ? `${member.name} is ${member.roles.join(", ") || "without a role"}`
    : `key ${requester} is not in the policy`;
  return deny("authorize", "requesterUnauthorized", `${found}, expected ${expected}`, {
    fix: "have one of them run the command, or give the role in the policy",
    who,
  });
}
