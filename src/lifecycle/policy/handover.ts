import { hasRole, type Policy, personsInRoles, transitionRule } from "./policy.ts";
import type { Delegation } from "./schema.ts";

/**
 * Lists the roles that have to have been lent, so that a history made under one policy holds under the next: records
 * are judged by the roles that their signers had at their time, and by the policy of whoever reads.
 *
 * Who may carry out a move in `before` and no longer may in `after` has borrowed a role that may, until now.
 *
 * @param until - when `after` takes over.
 */
export function endedDelegations(before: Policy, after: Policy, until: Date): readonly Delegation[] {
  const lent = new Map<string, Delegation>();
  for (const move of after.transitions) {
    const old = transitionRule(before, move);
    const [role] = move.authorize.roles.filter((one) => personsInRoles(after, [one]).length > 0);
    const lender = role && after.roles.get(role)?.[0];
    if (!old || !role || !lender) continue;
    for (const member of before.members.values()) {
      const now = after.members.get(member.name);
      if (!hasRole(member, old.authorize.roles) || !now || hasRole(now, move.authorize.roles)) continue;
      const delegation = { from: lender, to: member.name, role, until: until.toISOString(), ticket: "history" };
      lent.set(`${role} ${member.name}`, delegation);
    }
  }
  return [...lent.values()];
}
