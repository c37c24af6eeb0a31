import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { add, all, type Case, evalOf, inEval, outcome } from "../../../test/support/policy-edits.ts";
import { type Draft, type item, put, situationOf } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { toContentDigest } from "../../evidence/predicates/digest-set.ts";
import { decide } from "../decision/decide.ts";

const ranAt = "2026-11-10T00:00:00Z";
const metric = (name: string) => ({ task: "loans", metric: name, higherIsBetter: true });
const plan = (change: object = {}) => ({
  ...{ plannedAt: "2026-11-01T00:00:00Z", evidence: [] },
  ...{ suites: [{ name: "core", version: "2026Q4", metrics: [metric("accuracy")] }], ...change },
});

interface Planning {
  readonly attached?: object;
  readonly by?: Parameters<typeof item>[2];
  /** What the evaluation names as its plan. */
  readonly named?: string;
  readonly before?: string;
  readonly startedAt?: string;
}

/** An evaluation that names a plan, and the plan that is attached. */
const planned = ({ attached = plan(), by = "olga", named = "plan", before = "1d", startedAt }: Planning = {}) =>
  all(
    inEval(`preRegistered: {signedBy: [owner], before: ${before}}`),
    evalOf({
      suite: { name: "core", version: "2026Q4", plan: { digest: toContentDigest(digestOf(named)) } },
      ...(startedAt === undefined ? {} : { startedAt }),
    }),
    add("plan", attached, by, "plan"),
  );
const at = (plannedAt: string, more: Planning = {}) => planned({ attached: plan({ plannedAt }), ...more });
const unplanned = inEval("preRegistered: {signedBy: [owner]}");

test.each<Case>([
  ["planned before it ran", planned(), []],
  ["names no plan", unplanned, ["eval.plan MREG-E242"]],
  ["names a plan that is not there", all(planned(), (d) => put(d, "plan")), ["eval.plan MREG-E242"]],
  ["names another plan than is attached", planned({ named: "other" }), ["eval.plan MREG-E242"]],
  ["names something attached that is no plan", planned({ named: "card" }), ["eval.plan MREG-E242"]],
  ["planned by the wrong role", planned({ by: "alice" }), ["eval.plan MREG-E102"]],
  ["the plan cannot be read", planned({ attached: { plannedAt: "soon" } }), ["eval.plan MREG-E104"]],
  ["planned too late", at("2026-11-09T00:00:01Z"), ["eval.plan MREG-E243"]],
  ["planned just in time", at("2026-11-09T00:00:00Z"), []],
  ["planned before it ended, after it began", planned({ startedAt: "2026-11-01T12:00:00Z" }), ["eval.plan MREG-E243"]],
  ["planned the moment it ran", at(ranAt, { before: "0s" }), ["eval.plan MREG-E243"]],
  ["planned a second before it ran", at("2026-11-09T23:59:59Z", { before: "0s" }), []],
  [
    "another metric was planned",
    planned({ attached: plan({ suites: [{ name: "core", version: "2026Q4", metrics: [metric("f1")] }] }) }),
    ["eval.plan MREG-E243"],
  ],
])("plan: %s", (_what, change, expected) => {
  expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
});

const gateOf = (change: (d: Draft) => void) =>
  decide(situationOf(change)).gates.find(({ gate }) => gate === "eval.plan");

test.each<readonly [what: string, change: (d: Draft) => void, reason: string]>([
  ["an evaluation that names none", unplanned, "the evaluation names no plan"],
  [
    "two of one time that name none",
    all(unplanned, add("eval", predicates.eval(), "ci", "second")),
    "the evaluation names no plan",
  ],
  ["one that was planned", planned(), `as planned in ${digestOf("plan")}`],
])("plan: what is said of %s", (_what, change, reason) => {
  expect(gateOf(change)?.reason).toBe(reason);
});

test("plan: it is named beside the evaluation", () => {
  expect(gateOf(planned())?.evidence.map(({ digest }) => digest)).toEqual([digestOf("eval"), digestOf("plan")]);
});
