import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { examplePath, examplePolicy } from "../../../scripts/generate-policies.ts";
import { policyLevels } from "../policy/levels.ts";
import { lintPolicy } from "../policy/lint.ts";
import { parsePolicy } from "../policy/parse.ts";
import { readYaml } from "../policy/yaml.ts";
import { parsePolicyTable, runPolicyTable } from "./run.ts";

const tableText = (level: number) =>
  readFileSync(new URL(`../../../examples/policies/level-${level}.test.yaml`, import.meta.url), "utf8");
const tableOf = (level: number) => parsePolicyTable(tableText(level));

/** The committed schema, as an editor reads it. */
const schemaOf = (file: string) => {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(new URL(`../../../schemas/${file}`, import.meta.url), "utf8")));
};

describe("schemas of policies and tables", () => {
  const isPolicy = schemaOf("policy.schema.json");
  const isTable = schemaOf("policy-table.schema.json");

  test.each(policyLevels)("schemas: the examples of level %i meet them", (level) => {
    isPolicy(readYaml(examplePolicy(level)));
    isTable(readYaml(tableText(level)));
    expect([isPolicy.errors, isTable.errors]).toEqual([null, null]);
  });

  test.each([
    ["a misspelt key", "expect: allowed", "expects: allowed"],
    ["a state that is no word", "to: staging", "to: 7"],
    ["no case at all", /cases:.*/s, "cases: []\n"],
  ])("schemas: %s is refused by the schema of tables, as by mreg", (_what, from, to) => {
    const text = tableText(1).replace(from, to);
    expect(text).not.toBe(tableText(1));
    expect(isTable(readYaml(text))).toBe(false);
    expect(() => parsePolicyTable(text)).toThrow(/policy table is not valid/);
  });
});

describe.each(policyLevels)("examples/policies: level %i", (level) => {
  const yaml = examplePolicy(level);
  const policy = parsePolicy(yaml);
  const { cases, coverage } = runPolicyTable(policy, tableOf(level));

  test("examples/policies: the file is what the template says", () => {
    expect(readFileSync(examplePath(level), "utf8")).toBe(yaml);
  });

  test("examples/policies: lint finds nothing that its author does not say himself", () => {
    const found = lintPolicy({ name: `level-${level}.yaml`, yaml }, { now: new Date("2026-11-20T00:00:00Z") }).map(
      ({ path }) => path,
    );
    expect(new Set(found)).toEqual(new Set(level === 0 ? ["weakens"] : []));
  });

  test.each(cases.map(({ name, expected, found, passed }) => ({ name, expected, found, passed })))(
    "examples/policies: $name",
    ({ expected, found, passed }) => {
      expect(found).toEqual(expect.arrayContaining([...expected]));
      expect(passed, found.join(", ")).toBe(true);
    },
  );

  test("examples/policies: every denial says what to do", () => {
    const mute = cases.flatMap(({ decision }) => decision.gates.filter(({ fix, passed }) => !passed && !fix));
    expect(mute.map(({ gate, reason }) => `${gate}: ${reason}`)).toEqual([]);
  });

  test("examples/policies: every gate between push and production is seen to pass", () => {
    const never = coverage.filter(({ kind, passes }) => kind === "promote" && passes === 0).map(({ gate }) => gate);
    expect(never).toEqual([]);
  });
});
