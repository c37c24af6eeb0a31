import type { GateResult } from "../decision/decision.ts";
import type { Situation } from "../decision/situation.ts";
import { renamingProblem, successionProblem } from "../policy/succession.ts";
import { deny, pass } from "./result.ts";

/**
 * The policy is the one that the model's history has used, or a later version of it (attack T14 in
 * test/conformance/attacks/).
 *
 * A record that is judged again is compared with what the history knows under the name and version of the policy given,
 * so that only an edit counts: readers may judge by a policy of their own.
 */
export function policyGate({ boundPolicy, policy, policyInUse }: Situation): readonly GateResult[] {
  if (!policyInUse) return [];
  const isReplay = boundPolicy !== undefined;
  const problem =
    (isReplay ? undefined : renamingProblem(policyInUse, policy, policy.replaces ?? [])) ??
    successionProblem(policyInUse, policy);
  if (problem) return [deny("policy", problem.code, problem.reason, { fix: problem.fix })];
  return [pass("policy", `follows ${policyInUse.name}@${policyInUse.version}`)];
}
