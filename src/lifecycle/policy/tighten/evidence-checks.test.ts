import { expect, test } from "vitest";
import { EvidenceRule } from "../schema.ts";
import { compareEvidence } from "./evidence-checks.ts";

const rule = (demands: object): EvidenceRule =>
  EvidenceRule.parse("document" in demands ? demands : { signedBy: ["ci"], ...demands });
const lineage = (demands: object = {}) => ({ predicate: "lineage", ...demands });
const consumers = (demands: object = {}) => ({ predicate: "consumers", ...demands });
const plan = (demands: object = {}) => ({ document: "rollback-plan", ...demands });
const statement = (type: string) => ({ predicate: "statement", type: `https://example.com/${type}` });

/** What is said of a rule of the base and the same of the extension; nothing where it is no looser. */
test.each<readonly [base: object, child: object, says: readonly string[]]>([
  [{ predicate: "scan" }, plan(), ["gate: is a rule of document, the base has one of scan"]],
  [plan(), { predicate: "scan" }, ["gate: is a rule of scan, the base has one of document"]],
  [{ predicate: "eval" }, lineage(), ["gate: is a rule of lineage, the base has one of eval"]],

  [lineage(), lineage({ personalData: "declared" }), []],
  [lineage({ personalData: "declared" }), lineage({ personalData: "declared" }), []],
  [lineage({ personalData: "declared" }), lineage({ personalData: "none" }), []],
  [
    lineage({ personalData: "none" }),
    lineage({ personalData: "declared" }),
    ["gate.personalData: is declared, the base has none"],
  ],
  [lineage({ personalData: "declared" }), lineage(), ["gate.personalData: is not asked for, the base has declared"]],

  [consumers({ environment: "eu" }), consumers(), []],
  [consumers({ environment: "eu" }), consumers({ environment: "eu" }), []],
  [consumers(), consumers({ environment: "eu" }), ['gate.environment: is "eu", the base has nothing']],

  [plan(), plan({ mustReference: "previousProduction" }), []],
  [
    plan({ mustReference: "previousProduction" }),
    plan(),
    ['gate.mustReference: is nothing, the base has "previousProduction"'],
  ],
  [plan(), plan({ signedBy: ["ci"], maxAge: "1d" }), []],
  [plan({ maxAge: "1d" }), plan({ maxAge: "2d" }), ["gate.maxAge: is 2d, the base has 1d"]],

  [statement("one"), statement("one"), []],
  [
    statement("one"),
    statement("other"),
    ['gate.type: is "https://example.com/other", the base has "https://example.com/one"'],
  ],
])("evidence checks: %j may become %j unless it says %j", (base, child, says) => {
  const problems = compareEvidence("gate", rule(base), rule(child));
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(says);
});
