import { expect, test } from "vitest";
import { predicates } from "../../../test/support/lifecycle.ts";
import { all, edit, evalOf, inEval, lineageOf } from "../../../test/support/policy-edits.ts";
import { type Draft, item, put, situationOf } from "../../../test/support/situation.ts";
import { digestOf } from "../../base/digest.ts";
import { decide } from "../decision/decide.ts";
import type { Policy } from "../policy/policy.ts";

type Change = (d: Draft) => void;
const gatesOf = (change: Change, policy: (policy: Policy) => Policy = (one) => one) => {
  const situation = situationOf(change);
  return decide({ ...situation, policy: policy(situation.policy) }).gates;
};
const second =
  (...[kind, predicate, by = "ci"]: Parameters<typeof item>): Change =>
  (d) =>
    d.items.push(item(kind, predicate, by, "second"));

const data = (letters: string, algorithm = "sha256") => ({
  dataset: { uri: "hf://set", digest: { [algorithm]: letters.repeat(algorithm === "sha256" ? 32 : 64) } },
});
const on = (change: Record<string, unknown>): Change =>
  all(evalOf(change), (d) =>
    d.champion?.items.splice(0, 1, item("eval", predicates.eval("0.90", change), "ci", "champion eval")),
  );
const trainedOn =
  (...sets: object[]): Change =>
  (d) =>
    put(d, "lineage", {
      predicate: predicates.lineage({
        resolvedDependencies: [
          { name: "code", uri: "git+https://git.example.com/risk", digest: { gitCommit: "8d".repeat(20) } },
          ...sets.map((one, at) => ({ name: `dataset:set${at}`, ...one })),
        ],
      }),
    });
const apart = inEval("noOverlapWith: lineage");
const sha256 = (letters: string) => ({ digest: { sha256: letters.repeat(32) } });
const unknown = (side: string) =>
  `${side} names data without a digest, so that nothing tells whether the model was trained on it`;
const trainedOnIt = "evaluated on data that it was trained on (cdcdcdcdcdcd…), expected other data";

/** Of what several statements of one time, several sets or several metrics say, nothing hides behind the other. */
test.each<readonly [what: string, gate: string, change: Change, reason: string, passed: boolean]>([
  [
    "two cards",
    "card",
    second("card", predicates.card({ license: undefined })),
    "the model card does not fill license",
    false,
  ],
  [
    "a list fills a field",
    "card",
    all(edit("require: [intendedUse, limitations, riskClass, license]", "require: [owners]"), (d) =>
      put(d, "card", { predicate: predicates.card({ owners: ["a"] }) }),
    ),
    "has owners",
    true,
  ],
  [
    "nothing is required of the card",
    "card",
    edit("require: [intendedUse, limitations, riskClass, license]", "require: []"),
    "has a card",
    true,
  ],
  [
    "two lineages",
    "lineage",
    all(second("lineage", predicates.lineage({ resolvedDependencies: [] }))),
    "the training lineage does not name dataset, code",
    false,
  ],
  ["two signatures", "signature", second("signature", {}), "signed by alice, ci", true],

  [
    "other data",
    "eval.overlap",
    all(apart, on(data("ab")), lineageOf({})),
    "trained and evaluated on different data",
    true,
  ],
  [
    "one of two sets",
    "eval.overlap",
    all(apart, on(data("cd")), trainedOn(sha256("ab"), sha256("cd"))),
    trainedOnIt,
    false,
  ],
  [
    "one of two digests of a set",
    "eval.overlap",
    all(
      apart,
      on({ dataset: { uri: "x", digest: { sha256: "cd".repeat(32), sha512: "ee".repeat(64) } } }),
      trainedOn({ digest: { sha256: "cd".repeat(32), sha512: "dd".repeat(64) } }),
    ),
    trainedOnIt,
    false,
  ],
  [
    "one of two sets has no digest",
    "eval.overlap",
    all(apart, on(data("ab")), trainedOn(sha256("cd"), { uri: "hf://x" })),
    unknown("the lineage"),
    false,
  ],
  ["no set at all", "eval.overlap", all(apart, on(data("ab")), trainedOn()), unknown("the lineage"), false],
  ["the evaluation names none", "eval.overlap", all(apart, lineageOf({})), unknown("the evaluation"), false],
])("several: %s: %s", (_what, gate, ...[change, reason, passed]) => {
  expect(gatesOf(change).find((one) => one.gate === gate)).toMatchObject({ passed, reason });
});

test("several: two signatures, and both sides of an overlap, are named", () => {
  const named = (gate: string, change: Change) =>
    gatesOf(change)
      .find((one) => one.gate === gate)
      ?.evidence.map(({ digest }) => digest);
  expect(named("signature", second("signature", {}))).toEqual([digestOf("signature"), digestOf("second")]);
  expect(named("eval.overlap", all(apart, on(data("ab")), lineageOf({})))).toEqual([
    digestOf("eval"),
    digestOf("lineage"),
  ]);
});

test.each([
  ["no rule", undefined],
  ["a document", "runbook"],
  ["a card", "card"],
])("several: a policy made by hand whose lineage is %s does not pass", (_what, name) => {
  const broken = (policy: Policy): Policy => {
    const rules = new Map(policy.evidence);
    const other = name === undefined ? undefined : rules.get(name);
    if (other) rules.set("lineage", other);
    else rules.delete("lineage");
    return { ...policy, evidence: rules };
  };
  const gate = gatesOf(all(apart, on(data("ab"))), broken).find((one) => one.gate === "eval.overlap");
  expect(gate).toMatchObject({ code: "MREG-E104", reason: "evaluation error: the policy names no rule of lineage" });
});

test("several: a missing signature names who could sign", () => {
  const gate = gatesOf((d) => put(d, "signature")).find((one) => one.gate === "signature");
  expect(gate?.who).toEqual(["alice", "ci", "mike", "lea", "lou", "olga"]);
});
