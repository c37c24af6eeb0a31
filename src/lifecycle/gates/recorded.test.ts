import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { add, all, type Case, outcome } from "../../../test/support/policy-edits.ts";
import { type Draft, situationOf } from "../../../test/support/situation.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import { recordedBefore, recordedGate } from "./recorded.ts";

/** What the last record about the version names. */
const naming =
  (...digests: readonly Digest[]) =>
  (d: Draft): void => {
    d.recorded = [...digests];
  };
const gone = (count: number) => Array.from({ length: count }, (_, at) => digestOf(`gone ${at}`));

test.each<Case>([
  ["all of it is there", naming(digestOf("card"), digestOf("eval")), []],
  ["one of it is gone", naming(digestOf("card"), digestOf("deleted failure")), ["recorded MREG-E107"]],
  [
    "what somebody said who has left stays in the set",
    all(add("card", predicates.card(), "norman", "old card"), naming(digestOf("old card"))),
    [],
  ],
])("recorded: %s", (_what, change, expected) => {
  expect(outcome(change)).toEqual({ failed: expected, allowed: expected.length === 0 });
});

test.each<readonly [what: string, change: (d: Draft) => void, reason: string]>([
  ["two", naming(digestOf("card"), digestOf("eval")), "2 statements of the last record are there"],
  ["three gone", naming(...gone(3)), `the last record names ${gone(3).join(", ")}, which no longer verifies here`],
  [
    "five gone",
    naming(...gone(5)),
    `the last record names ${gone(3).join(", ")} and 2 more, which no longer verifies here`,
  ],
])("recorded: %s are counted and named", (_what, change, reason) => {
  expect(recordedGate(situationOf(change)).map((one) => one.reason)).toEqual([reason]);
});

test("recorded: of a version without a record nothing can be gone", () => {
  const state = { versions: new Map(), rollouts: [] };
  expect(recordedBefore({ state, version: 2 }).size).toBe(0);
  expect(recordedGate({ ...situationOf(() => {}), state })).toEqual([]);
});
