import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../base/digest.ts";
import type { PolicyReference } from "../decision/decision.ts";
import { renamingProblem, successionProblem } from "./succession.ts";

const policy = (name: string, version: number, text = `${name}@${version}`): PolicyReference => ({
  ...{ name, version },
  digest: digestOf(text),
});
const inUse = policy("risk", 7);

describe("policy succession", () => {
  test.each([
    ["the same again", inUse, undefined, ""],
    ["the next version", policy("risk", 8), undefined, ""],
    ["a later version", policy("risk", 12), undefined, ""],
    ["an older version", policy("risk", 6), "policyOlder", "use the newer policy"],
    ["an edit under its version", policy("risk", 7, "edited"), "policyEdited", "set metadata.version to 8"],
    ["another name, a higher number", policy("lax", 8), undefined, ""],
    ["another name, a lower number", policy("lax", 1), "policyOlder", "set metadata.version to 8 or more in it"],
    ["another name, the same number", policy("lax", 7), "policyEdited", "set metadata.version to 8"],
    ["a known text under a lower number", { ...inUse, version: 1 }, "policyOlder", "use the newer policy"],
    ["a known text under a higher number", { ...inUse, version: 900 }, "policyEdited", "as its text does"],
    ["a known text under another name", { ...inUse, name: "lax" }, "policyEdited", "as its text does"],
  ] as const)("policy succession: %s", (_what, now, code, fix) => {
    const problem = successionProblem(inUse, now);
    expect(problem?.code).toBe(code);
    expect(problem?.fix ?? "").toContain(fix);
  });

  test.each([
    ["the same name", policy("risk", 8), [], undefined],
    ["another name that does not say so", policy("lax", 8), [], "policyRenamed"],
    ["another name that replaces a third", policy("lax", 8), ["fraud"], "policyRenamed"],
    ["another name that says so", policy("finance", 8), ["fraud", "risk"], undefined],
  ] as const)("policy succession: %s", (_what, now, replaces, code) => {
    expect(renamingProblem(inUse, now, replaces)?.code).toBe(code);
  });

  test("policy succession: in a history that holds, no number goes down, and each stands for one text", () => {
    const references = fc.record({
      name: fc.constantFrom("risk", "lax"),
      version: fc.integer({ min: 1, max: 4 }),
      digest: fc.constantFrom(...["a", "b", "c"].map((text) => digestOf(text))),
    });
    fc.assert(
      fc.property(fc.array(references, { minLength: 2, maxLength: 12 }), (all) => {
        const history: PolicyReference[] = [];
        for (const one of all) {
          const last = history.at(-1);
          if (!last || !successionProblem(last, one)) history.push(one);
        }
        const versions = history.map(({ version }) => version);
        expect(versions).toEqual([...versions].sort((one, other) => one - other));
        for (const one of history) {
          const twins = history.filter(({ version }) => version === one.version);
          expect(new Set(twins.map(({ name, digest }) => `${name} ${digest}`)).size).toBe(1);
        }
      }),
      { numRuns: 300, seed: 20261121 },
    );
  });
});
