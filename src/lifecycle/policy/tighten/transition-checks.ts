import type { PolicyProblem } from "../problem.ts";
import type { ApprovalRule, SoakRule, StateRule, TierRule, TransitionRule } from "../schema.ts";
import {
  atLeast,
  type Check,
  type Checks,
  compareFields,
  free,
  keeps,
  longer,
  nested,
  same,
  shorter,
  within,
} from "./check.ts";

const approvals = nested<ApprovalRule>({
  count: atLeast,
  roles: within,
  each: keeps,
  distinctFrom: keeps,
  maxAge: shorter,
});

const soak = nested<SoakRule>({ in: same, min: longer });

const tierChecks: Checks<TierRule> = { when: free, requires: keeps, approvals, soak };

/** Every tier of the base is there for the same models, and demands no less. More of them may be added. */
const tiers: Check<readonly TierRule[]> = (base, child) => {
  for (const [at, tier] of base.entries()) {
    const alike = child.filter(({ when }) => same(tier.when, when) === undefined);
    const holds = alike.some((one) => compareFields("", tierChecks, { base: tier, child: one }).length === 0);
    if (!holds) return `tier ${at + 1} is dropped or demands less`;
  }
  return undefined;
};

const transitionChecks: Checks<TransitionRule> = {
  from: same,
  to: same,
  kind: same,
  requires: keeps,
  authorize: nested<TransitionRule["authorize"]>({ roles: within }),
  approvals,
  soak,
  tiers,
  maxDuration: shorter,
  followUpWithin: shorter,
};

/** A state decides what may be served: only the time of a sunset can be tightened. */
const stateChecks: Checks<StateRule> = {
  initial: same,
  serve: same,
  terminal: same,
  sunset: nested<NonNullable<StateRule["sunset"]>>({ min: longer, max: shorter }),
};

/** Says in which fields a transition is looser than that of the base. */
export function compareTransition(path: string, base: TransitionRule, child: TransitionRule): PolicyProblem[] {
  return compareFields(path, transitionChecks, { base, child });
}

/** Says in which fields a state is looser than that of the base. */
export function compareState(path: string, base: StateRule, child: StateRule): PolicyProblem[] {
  return compareFields(path, stateChecks, { base, child });
}
