import { expect, test } from "vitest";
import { EvalRule } from "../schema.ts";
import { evalChecks } from "./eval-checks.ts";

const rule = (demands: object): EvalRule => EvalRule.parse({ predicate: "eval", signedBy: ["ci"], ...demands });
const gap = [{ id: "loans.gap", max: "0.1" }];
const accuracy = [{ id: "loans.accuracy", min: "0.9" }];
const baseline = (demands: object = {}) => ({ baseline: { of: "champion", ...demands } });
const loss = (maxRegression: string, minImprovement?: string) =>
  baseline({ maxRegression, ...(minImprovement === undefined ? {} : { minImprovement }) });
const gain = (minImprovement: string) => baseline({ minImprovement });
const slices = (demands: object = {}) => ({ slices: { names: ["young"], ...demands } });
const time = { from: "2026-10-01T00:00:00Z", until: "2027-01-01T00:00:00Z" };
const rotation = (versions: object) => ({ rotation: { versions } });
const wants = (found: string, wanted: string) => `accepts an improvement of ${found}, the base wants ${wanted}`;

/**
 * What the check of a field says of the base's demands and those of the extension; nothing where they are no looser.
 */
test.each<readonly [field: keyof EvalRule, base: object, child: object, says: string | undefined]>([
  ["categories", {}, { categories: { fairness: gap } }, undefined],
  ["categories", { categories: { fairness: gap } }, {}, "fairness is dropped"],
  ["categories", { categories: { constructor: gap } }, {}, "constructor is dropped"],
  ["categories", { categories: { fairness: gap } }, { categories: { fairness: accuracy } }, "fairness drops loans.gap"],

  ["suite", {}, { suite: "core" }, undefined],
  ["suite", { suite: "core" }, { suite: "core" }, undefined],
  ["suite", { suite: "core" }, { suite: "core@2026Q4" }, undefined],
  ["suite", { suite: "core" }, { suite: "core2@1" }, "is core2@1, the base has core"],
  ["suite", { suite: "core" }, {}, "is any, the base has core"],

  ["baseline", {}, gain("0"), undefined],
  ["baseline", baseline(), {}, "is dropped"],
  ["baseline", baseline({ ifNone: "deny" }), baseline({ ifNone: "deny" }), undefined],
  ["baseline", baseline({ ifNone: "deny" }), baseline({ ifNone: "allow" }), "ifNone is allow, the base has deny"],
  ["baseline", baseline({ ifNone: "allow" }), baseline({ ifNone: "allow" }), undefined],
  ["baseline", baseline(), gain("0"), undefined],
  ["baseline", gain("0"), baseline(), undefined],
  ["baseline", baseline(), loss("0.01"), wants("-0.01", "0")],
  ["baseline", loss("0.01"), loss("0.01"), undefined],
  ["baseline", loss("0.01"), gain("-0.01"), undefined],
  ["baseline", loss("-0.01"), gain("0.01"), undefined],
  ["baseline", loss("-0.01"), gain("0.009"), wants("0.009", "0.01")],
  // The harder of two demands is the one that counts.
  ["baseline", loss("0.01", "0.02"), gain("0.01"), wants("0.01", "0.02")],
  ["baseline", loss("0.01", "-0.05"), loss("0.02"), wants("-0.02", "-0.01")],
  ["baseline", loss("0.01", "-0.010"), loss("0.02"), wants("-0.02", "-0.01")],

  ["rotation", {}, rotation({ "2026Q4": time }), undefined],
  ["rotation", rotation({ "2026Q4": time }), {}, "is dropped"],
  ["rotation", rotation({ "2026Q4": time }), rotation({ constructor: time }), "adds constructor"],

  ["slices", {}, slices({ metrics: accuracy }), undefined],
  ["slices", slices(), {}, "is dropped"],
  ["slices", slices(), slices(), undefined],
  ["slices", slices(), slices({ metrics: accuracy }), "names metrics, the base takes all of the rule"],
  ["slices", slices({ metrics: accuracy }), slices({ metrics: accuracy }), undefined],
  ["slices", slices({ metrics: accuracy }), slices({ metrics: gap }), "metrics drops loans.accuracy"],

  ["noOverlapWith", {}, {}, undefined],
  ["noOverlapWith", {}, { noOverlapWith: "lineage" }, undefined],
  ["noOverlapWith", { noOverlapWith: "lineage" }, {}, 'is nothing, the base has "lineage"'],
])("eval checks: %s: %j may become %j unless it says %j", (field, ...[base, child, says]) => {
  const check = evalChecks[field] as (base: unknown, child: unknown) => string | undefined;
  expect(check(rule(base)[field], rule(child)[field])).toBe(says);
});
