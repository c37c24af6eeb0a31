import { LifecycleError } from "../errors.ts";

/** The error for a table that cannot be run; the policy itself is not at fault, but neither is it tested. */
export function tableProblem(reason: string, cause?: unknown): LifecycleError {
  return new LifecycleError("POLICY_INVALID", `policy table is not valid: ${reason}`, { cause });
}
