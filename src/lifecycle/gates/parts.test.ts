import { expect, test } from "vitest";
import { situationOf } from "../../../test/support/situation.ts";
import type { EvidenceRule } from "../policy/schema.ts";
import { fieldOfPart, partsOf } from "./parts.ts";

test.each([
  ["samples", "minSamples"],
  ["overlap", "noOverlapWith"],
  ["plan", "preRegistered"],
  ["license", "licenses"],
  ["eval", undefined],
])("parts: %s is judged because of %s", (part, field) => {
  expect(fieldOfPart(part)).toBe(field);
});

const { evidence } = situationOf(() => {}).policy;

test.each<readonly [what: string, rule: string, more: object, parts: readonly string[]]>([
  ["an object", "eval", {}, ["baseline"]],
  ["a number", "eval", { minSamples: 5 }, ["samples", "baseline"]],
  ["a text", "eval", { noOverlapWith: "lineage" }, ["overlap", "baseline"]],
  ["an empty list", "card", { conditions: [] }, []],
  ["a list", "card", { licenses: ["mit"] }, ["license"]],
  ["an empty object", "eval", { categories: {} }, ["baseline"]],
])("parts: %s in a rule asks for %j", (_what, name, more, parts) => {
  const rule = { ...evidence.get(name), ...more } as EvidenceRule;
  expect(partsOf("x", rule)).toEqual(parts.map((part) => `x.${part}`));
});
