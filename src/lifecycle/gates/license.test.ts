import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { all, cardOf, inCard, inLineage, lineageOf } from "../../../test/support/policy-edits.ts";
import { type Draft, item, put, situationOf } from "../../../test/support/situation.ts";
import { decide } from "../decision/decide.ts";

type Change = (d: Draft) => void;
const card = inCard("licenses: [mit]");
const data = inLineage("licenses: [mit]");
const second: Change = (d) => d.items.push(item("card", predicates.card({ license: "gpl" }), "ci", "second"));
const noData: Change = (d) => put(d, "lineage", { predicate: predicates.lineage({ resolvedDependencies: undefined }) });
const noName = "no licence that it names";

test.each<readonly [gate: string, change: Change, reason: string | RegExp]>([
  ["card.license", all(card, cardOf({ license: "gpl" })), /is under gpl, expected mit$/],
  ["card.license", all(card, cardOf({ license: undefined })), new RegExp(`is under ${noName}, expected mit$`)],
  ["card.license", all(card, cardOf({ license: "gpl" }), second), /^(?:(?!; ).)*is under gpl, expected mit$/],
  ["card.license", all(card, second), /is under gpl, expected mit$/],
  ["lineage.license", all(data, lineageOf({ license: 5 })), `dataset:set0 is under ${noName}, expected mit`],
  ["lineage.license", all(data, lineageOf({ license: " MIT " })), "under licences that the policy allows"],
  [
    "lineage.license",
    all(data, lineageOf({ license: "gpl" }, { license: "mit" })),
    "dataset:set0 is under gpl, expected mit",
  ],
  ["lineage.personal-data", all(inLineage("personalData: none"), noData), "the lineage names no data set"],
])("license: what %s says, %#", (gate, change, reason) => {
  const found = decide(situationOf(change)).gates.find((one) => one.gate === gate)?.reason;
  if (typeof reason === "string") expect(found).toBe(reason);
  else expect(found).toMatch(reason);
});
