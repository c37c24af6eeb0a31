import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { all, cardOf, edit, inMove, lineageOf } from "../../../test/support/policy-edits.ts";
import { type Draft, item, put, situationOf } from "../../../test/support/situation.ts";
import type { Situation } from "../decision/situation.ts";
import { appliedTiers } from "./tiers.ts";

type Change = (d: Draft) => void;
const more = "requires: [migration]";
const high = inMove(`tiers: [{when: {riskClass: [high]}, ${more}}]`);
const personal = inMove(`tiers: [{when: {personalData: true}, ${more}}]`);
const both = inMove(`tiers: [{when: {riskClass: [high], personalData: true}, ${more}}]`);
const secondCard =
  (riskClass: string): Change =>
  (d) =>
    d.items.push(item("card", predicates.card({ riskClass }), "ci", "second card"));
const noData: Change = (d) => {
  const code = { name: "code", uri: "git+https://git.example.com/risk", digest: { gitCommit: "8d".repeat(20) } };
  put(d, "lineage", { predicate: predicates.lineage({ resolvedDependencies: [code] }) });
};
const secondLineage: Change = (d) =>
  d.items.push(item("lineage", predicates.lineage({ resolvedDependencies: [] }), "ci", "second lineage"));
/** A second rule of a kind, which only owners can meet. */
const ownersToo = (kind: "card" | "lineage"): Change =>
  edit(
    `  ${kind}:\n`,
    `  owners-${kind}: {predicate: ${kind === "card" ? "model-card" : kind}, signedBy: [owner]}\n  ${kind}:\n`,
  );
const withoutRules =
  (predicate: string) =>
  (situation: Situation): Situation => {
    const rules = [...situation.policy.evidence].filter(
      ([, rule]) => !("predicate" in rule && rule.predicate === predicate),
    );
    return { ...situation, policy: { ...situation.policy, evidence: new Map(rules) } };
  };
const asIs = (situation: Situation) => situation;

/** What lowers a demand has to be said, by somebody whom the policy believes, of all that there is. */
test.each<readonly [what: string, change: Change, edited: (situation: Situation) => Situation, applied: boolean]>([
  ["a card says it", all(high, cardOf({ riskClass: "high" })), asIs, true],
  ["a card says otherwise", high, asIs, false],
  ["a card says nothing", all(high, cardOf({ riskClass: undefined })), asIs, true],
  ["one of two cards of one time says it", all(high, secondCard("high")), asIs, true],
  ["two cards say otherwise", all(high, secondCard("limited")), asIs, false],
  ["there is no card", all(high, (d) => put(d, "card")), asIs, true],
  ["of two rules one has no card that it believes", all(high, ownersToo("card")), asIs, true],
  ["the policy believes no card", high, withoutRules("model-card"), true],

  ["a data set says it", all(personal, lineageOf({ containsPII: true })), asIs, true],
  [
    "all data sets say otherwise",
    all(personal, lineageOf({ containsPII: false }, { containsPII: false })),
    asIs,
    false,
  ],
  ["one of two data sets says it", all(personal, lineageOf({ containsPII: false }, { containsPII: true })), asIs, true],
  ["one of two says nothing", all(personal, lineageOf({ containsPII: false }, {})), asIs, true],
  ["the lineage names no data", all(personal, noData), asIs, true],
  ["one of two lineages names no data", all(personal, lineageOf({ containsPII: false }), secondLineage), asIs, true],
  ["there is no lineage", all(personal, (d) => put(d, "lineage")), asIs, true],
  [
    "of two rules one has no lineage that it believes",
    all(personal, ownersToo("lineage"), lineageOf({ containsPII: false })),
    asIs,
    true,
  ],
  ["the policy believes no lineage", all(personal, lineageOf({ containsPII: false })), withoutRules("lineage"), true],

  [
    "a card says it, and the data do not count",
    all(high, cardOf({ riskClass: "high" }), lineageOf({ containsPII: false })),
    asIs,
    true,
  ],
  ["both", all(both, cardOf({ riskClass: "high" }), lineageOf({ containsPII: true })), asIs, true],
  ["the risk alone", all(both, cardOf({ riskClass: "high" }), lineageOf({ containsPII: false })), asIs, false],
  ["the data alone", all(both, lineageOf({ containsPII: true })), asIs, false],
])("tiers: %s", (_what, change, edited, applied) => {
  expect(appliedTiers(edited(situationOf(change))).map(({ index }) => index)).toEqual(applied ? [1] : []);
});
