import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { all, cardOf, edit, inCard } from "../../../test/support/policy-edits.ts";
import { type Draft, item, situationOf } from "../../../test/support/situation.ts";
import { decide } from "../decision/decide.ts";

type Change = (d: Draft) => void;
const second =
  (riskClass: string | undefined): Change =>
  (d) =>
    d.items.push(item("card", predicates.card({ riskClass }), "ci", "second card"));

function judge(change: Change) {
  // What the card must hold is another gate's question: here it may leave the risk class out.
  const silent = edit("require: [intendedUse, limitations, riskClass, license]", "require: [license]");
  return decide(situationOf(all(silent, change))).gates.find(({ gate }) => gate === "card.risk-class");
}

const limitedOrHigh = inCard("riskClasses: [limited, high]");

test.each<readonly [what: string, change: Change, reason: string, signers: readonly string[]]>([
  ["a class that there is", () => {}, "limited", ["alice"]],
  ["two cards of one time that say the same", second("limited"), "limited", ["alice", "ci"]],
  ["two cards of one time that differ", second("high"), "limited, high", ["alice", "ci"]],
])("risk class: %s", (_what, change, reason, signers) => {
  const result = judge(all(limitedOrHigh, change));
  expect(result).toMatchObject({ passed: true, reason });
  expect(result?.evidence.map(({ signer }) => signer)).toEqual(signers);
});

test.each<readonly [what: string, change: Change, found: string, signers: readonly string[]]>([
  ["a made-up class", cardOf({ riskClass: "none" }), "none", ["alice"]],
  ["no class", cardOf({ riskClass: undefined }), "not stated", ["alice"]],
  ["one of two cards of one time has a made-up class", second("none"), "none", ["alice", "ci"]],
  ["one of two cards of one time has none", second(undefined), "not stated", ["alice", "ci"]],
])("risk class: denied: %s", (_what, change, found, signers) => {
  const result = judge(all(limitedOrHigh, change));
  expect(result).toMatchObject({
    ...{ passed: false, code: "MREG-E112", reason: `the risk class is ${found}, expected limited or high` },
    who: ["alice", "ci", "olga"],
    fix: "correct the card, then mreg attach ml/risk:v2 --type card README.md",
  });
  expect(result?.evidence.map(({ signer }) => signer)).toEqual(signers);
});

test("risk class: a rule that names no classes demands none", () => {
  expect(judge(cardOf({ riskClass: "none" }))).toBeUndefined();
});
