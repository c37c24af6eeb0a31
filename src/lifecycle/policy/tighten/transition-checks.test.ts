import { expect, test } from "vitest";
import { TransitionRule } from "../schema.ts";
import { compareTransition } from "./transition-checks.ts";

const move = (tiers: readonly object[]): TransitionRule =>
  TransitionRule.parse({ from: "staging", to: "production", authorize: { roles: ["mlops"] }, tiers });
const by = (count: number) => ({ approvals: { count, roles: ["lead"] } });
const high = (demands: object) => ({ when: { riskClass: ["high"] }, ...demands });
const personal = (demands: object) => ({ when: { personalData: true }, ...demands });

/** What is said of the tiers of a base and those of an extension; nothing where they demand no less. */
test.each<readonly [what: string, base: readonly object[], child: readonly object[], says: readonly string[]]>([
  ["the same", [high(by(2))], [high(by(2))], []],
  ["one more", [high(by(2))], [personal(by(1)), high(by(2))], []],
  ["a weaker one beside one that holds", [high(by(2))], [high(by(1)), high(by(3))], []],
  ["more for the same models", [high(by(2))], [high({ ...by(2), requires: ["scan"] })], []],
  ["the first dropped", [high(by(2))], [], ["move.tiers: tier 1 is dropped or demands less"]],
  [
    "the second weaker",
    [high(by(2)), personal(by(2))],
    [high(by(2)), personal(by(1))],
    ["move.tiers: tier 2 is dropped or demands less"],
  ],
  ["as much for other models", [high(by(2))], [personal(by(2))], ["move.tiers: tier 1 is dropped or demands less"]],
  [
    "a demand for the same models dropped",
    [high({ soak: { in: "staging", min: "2d" } })],
    [high({})],
    ["move.tiers: tier 1 is dropped or demands less"],
  ],
])("transition checks: %s", (_what, base, ...[child, says]) => {
  const problems = compareTransition("move", move(base), move(child));
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(says);
});
