import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { examplePath, examplePolicy } from "../../../scripts/generate-policies.ts";
import { policyLevels } from "../policy/levels.ts";
import { lintPolicy } from "../policy/lint.ts";
import { parsePolicy } from "../policy/parse.ts";
import { parsePolicyTable, runPolicyTable } from "./run.ts";

const tableOf = (level: number) =>
  parsePolicyTable(
    readFileSync(new URL(`../../../examples/policies/level-${level}.test.yaml`, import.meta.url), "utf8"),
  );

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

  test("examples/policies: every gate between push and production is seen to pass", () => {
    const never = coverage.filter(({ kind, passes }) => kind === "promote" && passes === 0).map(({ gate }) => gate);
    expect(never).toEqual([]);
  });
});
