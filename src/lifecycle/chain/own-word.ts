import { durationMs } from "../duration.ts";
import { type Policy, transitionRule } from "../policy/policy.ts";
import { needReason } from "../policy/references.ts";
import type { TransitionKind } from "../policy/schema.ts";
import type { ChainLink } from "./fold.ts";

/**
 * What a record by its own word lacks of what the policy asks of such a move: too few approvals, no reason, an
 * emergency that lasts too long. Nothing else has to be read for that, so that every reader sees it at once.
 *
 * It is named and does not undo the record: by the policy of another day it may have been right, and a history in which
 * a record comes and goes with the policy would break behind it. Whether approvals that are named exist and fit, a
 * replay tells.
 */
export function omissions({ record }: Pick<ChainLink, "record">, policy: Policy): readonly string[] {
  const { approvals, breakGlass, kind, reason, recordedAt } = record;
  const rule = transitionRule(policy, record);
  if (!rule) return [];
  const wanted = rule.approvals?.count ?? 0;
  const within = (time: string, limit = "0s") => Date.parse(time) <= Date.parse(recordedAt) + durationMs(limit);
  return [
    ...(approvals.length < wanted ? [`names ${approvals.length} of ${wanted} approvals`] : []),
    ...(needReason.includes(kind as TransitionKind) && (reason ?? "").trim() === "" ? ["gives no reason"] : []),
    ...(breakGlass && !within(breakGlass.expiresAt, rule.maxDuration) ? [`lasts beyond ${rule.maxDuration}`] : []),
    ...(breakGlass && !within(breakGlass.followUpBy, rule.followUpWithin)
      ? [`puts its follow-up off beyond ${rule.followUpWithin}`]
      : []),
  ];
}
