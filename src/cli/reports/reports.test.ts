import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scratchDirectory } from "../../../test/support/scratch.ts";
import type { DecisionView } from "../results/decision.ts";
import { annotations, reportToGithub } from "./github.ts";
import { junitReport } from "./junit.ts";
import { sarifReport } from "./sarif.ts";

const gate = (name: string, change: Partial<DecisionView["gates"][number]> = {}): DecisionView["gates"][number] => ({
  ...{ gate: name, code: "MREG-OK", passed: true, reason: "fine", evidence: [] },
  ...change,
});
const failed = {
  code: "MREG-E101",
  passed: false,
  reason: 'no "card" <b>&\u0000\n::set-output name=x::y | [a](b)',
  fix: "attach it",
};
const waiver = { by: "audit", reason: "the policy only audits this gate" } as const;
const decision: DecisionView = {
  ...{ model: "ml/risk", version: "v2", digest: `sha256:${"ab".repeat(32)}`, from: "experimental", to: "staging" },
  ...{
    transition: "promote",
    weakened: [],
    allowed: false,
    evidence: [],
    approvals: [],
    decidedAt: "2026-11-20T12:00:00Z",
  },
  policy: { name: "models", version: 1, digest: `sha256:${"cd".repeat(32)}` },
  gates: [gate("signature"), gate("card", failed), gate("eval", { ...failed, waiver })],
};

describe("reports", () => {
  test("reports: SARIF names each failed gate, and a warning as one", () => {
    const { runs } = JSON.parse(sarifReport(decision, { version: "1" })) as {
      runs: {
        results: { ruleId: string; level: string; message: { text: string } }[];
        tool: { driver: { rules: object[] } };
      }[];
    };
    expect(runs[0]?.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ["MREG-E101", "error"],
      ["MREG-E101", "warning"],
    ]);
    expect(runs[0]?.tool.driver.rules).toEqual([{ id: "MREG-E101" }]);
  });

  test("reports: JUnit counts what denies, and no text of the registry leaves its place", () => {
    const xml = junitReport(decision);
    expect(xml).toContain('<testsuites name="mreg" tests="3" failures="1">');
    expect(xml).toContain('message="no &quot;card&quot; &lt;b&gt;&amp;�');
    expect(xml).not.toContain("<b>");
    expect(xml).not.toContain("\u0000");
    expect(xml.match(/<failure/g)).toHaveLength(1);
  });

  test("reports: annotations are ten at most, denials first, and hold no command of their own", () => {
    const [first] = annotations([gate("a", { ...failed, waiver }), gate("b:,", failed)]);
    expect(first).toBe('::error title=MREG-E101 b%3A%2C::no "card" <b>&\\u0000%0A::set-output name=x::y | [a](b)');
    const many = annotations(Array.from({ length: 12 }, (_, at) => gate(`g${at}`, failed)));
    expect(many).toHaveLength(10);
    expect(many.at(-1)).toBe("::error title=mreg::3 more gates failed; see the log");
    expect(annotations(Array.from({ length: 10 }, (_, at) => gate(`g${at}`, failed)))).toHaveLength(10);
  });

  test("reports: GitHub gets outputs and a summary; elsewhere nothing happens", async () => {
    const directory = await scratchDirectory();
    const [output, summary] = [`${directory}/output`, `${directory}/summary`];
    for (const path of [output, summary]) writeFileSync(path, "");
    const notes: string[] = [];
    const env = { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary };
    await reportToGithub({ env, note: (text) => notes.push(text) }, decision);
    expect(readFileSync(output, "utf8")).toBe("");
    await reportToGithub({ env: { ...env, GITHUB_ACTIONS: "true" }, note: (text) => notes.push(text) }, decision);
    expect(readFileSync(output, "utf8")).toBe(`allowed=false\ndigest=${decision.digest}\ndenied=MREG-E101,MREG-E101\n`);
    const text = readFileSync(summary, "utf8");
    expect(text).toContain("### DENIED ml/risk v2: experimental → staging");
    expect(text.split("\n").filter((line) => line.startsWith("| "))).toHaveLength(4);
    expect(text).not.toMatch(/\[a\]|<b>|\n::/);
    expect(notes).toHaveLength(2);
  });
});
