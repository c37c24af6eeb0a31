import { predicateTypes } from "../../evidence/predicate-types.ts";
import { Exception } from "../../evidence/predicates/exception.ts";
import type { GateResult, Waiver } from "../decision/decision.ts";
import type { MemberStatement, Situation } from "../decision/situation.ts";
import { durationMs } from "../duration.ts";
import { hasRole } from "../policy/policy.ts";
import { versionTag } from "../versions/tags.ts";
import { reference } from "./result.ts";
import { clockSkewMs } from "./selection.ts";

/**
 * Marks failed gates that the policy, or somebody whom the policy lets, has made into warnings.
 *
 * A gate that could not judge its parts is waived only together with all of them: else a missing evaluation would be a
 * way around the baseline that nobody excused.
 *
 * @param involved - persons who pushed, evaluated or ask; none of them may except anything from a rule.
 */
export function waive(situation: Situation, result: GateResult, involved: ReadonlySet<string>): GateResult {
  if (result.passed) return result;
  const waivers = [result.gate, ...(result.parts ?? [])].map((gate) => waiverOf(situation, gate, involved));
  const [first] = waivers;
  return first && waivers.every((waiver) => waiver !== undefined) ? { ...result, waiver: first } : result;
}

function waiverOf(situation: Situation, gate: string, involved: ReadonlySet<string>): Waiver | undefined {
  const { enforcement } = situation.policy;
  if (enforcement?.audit.includes(gate)) return { by: "audit", reason: "the policy only audits this gate" };
  const date = enforcement && Object.hasOwn(enforcement.effectiveOn, gate) ? enforcement.effectiveOn[gate] : undefined;
  if (date !== undefined && situation.now.getTime() < Date.parse(date)) {
    return { by: "effective-on", reason: `in force from ${date} on`, until: date };
  }
  return exceptions(situation, gate, involved)[0];
}

function exceptions(situation: Situation, gate: string, involved: ReadonlySet<string>): readonly Waiver[] {
  const rule = situation.policy.exceptions;
  if (!rule?.gates.includes(gate)) return [];
  return situation.statements.flatMap((statement) => {
    if (statement.predicateType !== predicateTypes.exception) return [];
    if (!hasRole(statement.member, rule.signedBy) || involved.has(statement.member.person)) return [];
    return exceptionWaiver(situation, { gate, statement, longest: durationMs(rule.maxDuration) });
  });
}

/** @param longest - for how long it may hold, in milliseconds. */
function exceptionWaiver(
  situation: Situation,
  { gate, statement, longest }: { gate: string; statement: MemberStatement; longest: number },
): readonly Waiver[] {
  const exception = Exception.safeParse(statement.predicate).data;
  const now = situation.now.getTime();
  const holds =
    exception !== undefined &&
    exception.model === situation.model &&
    exception.version === versionTag(situation.version) &&
    exception.gate === gate &&
    Date.parse(exception.grantedAt) <= now + clockSkewMs &&
    now < Date.parse(exception.until) &&
    Date.parse(exception.until) - Date.parse(exception.grantedAt) <= longest;
  if (!holds) return [];
  const { until, ticket, grantedAt } = exception;
  const reason = `${statement.member.person} excepts it until ${until} (${ticket})`;
  return [{ by: "exception", reason, until, evidence: reference(statement, grantedAt) }];
}
