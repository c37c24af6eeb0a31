import { describe, expect, test } from "vitest";
import { castPolicyYaml, newCast } from "../../../test/support/lifecycle.ts";
import { MemoryRegistry } from "../../stores/memory/index.ts";
import { policyBaseLimit } from "../limits.ts";
import { explainPolicy } from "./explain.ts";
import { lintPolicy } from "./lint.ts";
import { withOrigins } from "./origins.ts";
import { parsePolicy, policyDigest } from "./parse.ts";
import { fetchPolicy, pushPolicy } from "./policy-artifact.ts";

const now = new Date("2026-11-20T12:00:00Z");
const company = castPolicyYaml(await newCast(), "24h")
  .replace("name: models", "name: company")
  .replace("    claims: required\n", "    minSamples: 100\n    claims: required\n");

const above = (name: string, base: string, lines: string, version = 1): string =>
  `apiVersion: mreg/v1
kind: LifecyclePolicy
metadata: {name: ${name}, version: ${version}, extends: ${base}.yaml}
${lines}`;
const division = above(
  "division",
  "company",
  `evidence: {eval: {minSamples: 500}, review: {document: risk-assessment}}
transitions:
  - {from: staging, to: production, soak: {in: staging, min: 3d}, requires: [signature, owner, card, lineage, eval, scan, canary, rollback, runbook, review]}
`,
  2,
);
const team = (lines: string): string => above("team", "division", lines, 3);
const read = (lines: string) => parsePolicy(team(lines), { bases: [division, company] });

describe("a policy of several levels", () => {
  test("extends: what each level says is laid over all below it", () => {
    const policy = read("evidence: {eval: {maxAge: 7d}}\n");
    expect(policy).toMatchObject({ name: "team", version: 3 });
    expect(policy.evidence.get("eval")).toMatchObject({ minSamples: 500, maxAge: "7d", claims: "required" });
    const move = policy.transitions.find(({ to }) => to === "production");
    expect(move).toMatchObject({ soak: { min: "3d" }, approvals: { count: 1, roles: ["lead"] } });
  });

  test.each([
    [
      "looser than the division, if tighter than the company",
      "evidence: {eval: {minSamples: 200}}",
      /evidence.eval.minSamples: is 200, the base has 500/,
    ],
    [
      "a demand of the division that is dropped",
      "transitions: [{from: staging, to: production, requires: [signature]}]",
      /requires: drops .*review/,
    ],
    ["a role that the division did not fill", "roles: {owner: [norman]}", /roles.owner: adds norman/],
  ])("extends: refuses %s", (_what, lines, reason) => {
    expect(() => read(`${lines}\n`)).toThrow(reason);
  });

  test("extends: a level between that loosens is refused by name, whatever the one above it says", () => {
    const loose = division.replace("minSamples: 500", "minSamples: 50");
    expect(() => parsePolicy(team("evidence: {eval: {minSamples: 900}}\n"), { bases: [loose, company] })).toThrow(
      /\(in division.yaml\) evidence.eval.minSamples: is 50, the base has 100/,
    );
  });

  test("extends: levels are neither left out, exchanged nor too many", () => {
    expect(() => parsePolicy(team(""), { bases: [division] })).toThrow(
      /\(in division.yaml\) .*company.yaml, which was not/,
    );
    expect(() => parsePolicy(team(""), { bases: [company, division] })).toThrow(/\(in division.yaml\).* names no base/);
    const tower = Array.from({ length: policyBaseLimit }, () => team(""));
    parsePolicy(team(""), { bases: [...tower.slice(1), company] });
    expect(() => parsePolicy(team(""), { bases: [...tower, company] })).toThrow(
      /extends 9 policies, expected at most 8/,
    );
  });

  test("extends: the digest covers every level, in its place, and one base has the digest it always had", () => {
    const digests = [
      [division, company],
      [division, `${company}# reviewed\n`],
      [`${division}# reviewed\n`, company],
    ].map((bases) => parsePolicy(team(""), { bases }).digest);
    expect(new Set(digests).size).toBe(3);
    // sha256 of "sha256:<of a>\nsha256:<of b>\n", by another program.
    expect(policyDigest("a", ["b"])).toBe("sha256:539ff6b37ae0cc5786196c8d0ad05eff5c3b2fa9721b988b65147de140b33c7a");
  });

  test("extends: in a registry, one digest names all levels", async () => {
    const repository = new MemoryRegistry().repository("policies/team");
    const artifact = { yaml: team(""), bases: [division, company] };
    const descriptor = await pushPolicy(repository, artifact);
    expect(await fetchPolicy(repository, descriptor)).toEqual(artifact);
    const tower = { yaml: team(""), bases: Array.from({ length: policyBaseLimit + 1 }, () => company) };
    await expect(fetchPolicy(repository, await pushPolicy(repository, tower))).rejects.toThrow(/extends 9 policies/);
  });
});

describe("where a rule comes from", () => {
  const own = { name: "team.yaml", yaml: team("evidence: {eval: {maxAge: 7d}}\nnaming: {models: [x]}\n") };
  const bases = [
    { name: "division.yaml", yaml: division },
    { name: "company.yaml", yaml: company },
  ];
  const texts = [own, ...bases].map(({ yaml }) => yaml);

  test("explain: names the level that asks, then those that tighten it", () => {
    const [yaml = "", ...others] = texts;
    const moves = withOrigins(explainPolicy(parsePolicy(yaml, { bases: others }), now), texts);
    const production = moves.find(({ from, to }) => from === "staging" && to === "production");
    const origins = Object.fromEntries(
      (production?.demands ?? []).map(({ gate, origin }) => [gate, origin?.join(" ")]),
    );
    expect(origins).toMatchObject({
      signature: "company@1",
      eval: "company@1 division@2 team@3",
      "eval.samples": "company@1 division@2",
      "eval.baseline": "company@1",
      review: "division@2",
      soak: "company@1 division@2",
    });
    expect(production?.approvals).toMatchObject([{ origin: ["company@1"] }]);
    expect(withOrigins(moves, [company])).toBe(moves);
  });

  const placesOf = (...all: { readonly name: string; readonly yaml: string }[]) => {
    const [first = own, ...rest] = all;
    return lintPolicy(first, { bases: rest, now }).map(({ file, line, path }) => `${file}:${line} ${path}`);
  };
  const lineOf = (text: string, part: string): number => text.split("\n").findIndex((line) => line.includes(part)) + 1;

  test("lint: a finding has its place in the level that says it", () => {
    const unusedRule = { name: "division.yaml", yaml: division.replace(", review]", "]") };
    const [, ground = own] = bases;
    expect(placesOf(own, unusedRule, ground)).toContain("division.yaml:4 evidence.review");
    const nobody = { ...ground, yaml: company.replace(/ {2}lead:\n(?: {4}- .*\n)+/, "  lead: []\n") };
    const move = lineOf(nobody.yaml, "approvals: {count: 1, roles: [lead]");
    expect(placesOf(own, bases[0] ?? own, nobody)).toContainEqual(
      expect.stringMatching(new RegExp(`^company.yaml:${move} transitions.\\d+.approvals`)),
    );
  });

  test("lint: what is wrong in a base is found in its text", () => {
    const [, ground = own] = bases;
    const wrong = { ...ground, yaml: company.replace("serve: shadow", "serve: some") };
    expect(placesOf(own, bases[0] ?? own, wrong)).toEqual([
      `company.yaml:${lineOf(wrong.yaml, "serve: some")} states.staging.serve`,
    ]);
    expect(placesOf(own, { name: "division.yaml", yaml: "a: [\n" }, ground)).toEqual(["division.yaml:2 (top)"]);
  });
});
