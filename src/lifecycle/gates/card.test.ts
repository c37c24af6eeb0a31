import { expect, test } from "vitest";
import { cardOf } from "../../../test/support/policy-edits.ts";
import { situationOf } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { decide } from "../decision/decide.ts";

test.each<readonly [what: string, fields: Record<string, unknown>, missing: string]>([
  ["a field is blank", { limitations: " \n" }, "limitations"],
  ["two are not there", { intendedUse: undefined, license: undefined }, "intendedUse, license"],
])("card: denied: %s: says which, by whose card, and what to do", (_what, fields, missing) => {
  const result = decide(situationOf(cardOf(fields))).gates.find(({ gate }) => gate === "card");
  expect(result).toMatchObject({
    ...{ passed: false, reason: `the model card does not fill ${missing}` },
    fix: "fill them in, then mreg attach ml/risk:v2 --type card README.md",
    who: ["alice", "ci", "olga"],
  });
  expect(result?.evidence.map(({ digest }) => digest)).toEqual([digestOf("card")]);
});
