import type { DecisionView } from "../results/decision.ts";

/** Characters that XML 1.0 does not have at all, not even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const impossible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** Writes a decision as a JUnit report: one test for each gate, failed where it denies, with a note where it warns. */
export function junitReport(decision: DecisionView): string {
  const { model, version, from, to, gates, decidedAt } = decision;
  const failures = gates.filter(({ passed, waiver }) => !passed && !waiver).length;
  const name = escapeXml(`${model} ${version} ${from} to ${to}`);
  const cases = gates.map((gate) => {
    const text = [
      gate.reason,
      gate.fix,
      gate.who && gate.who.length > 0 ? `who can: ${gate.who.join(", ")}` : undefined,
    ];
    const body = text.filter((one) => one !== undefined).join("\n");
    const head = `    <testcase classname="${escapeXml(to)}" name="${escapeXml(gate.gate)}" time="0"`;
    if (gate.passed) return `${head}/>`;
    if (gate.waiver)
      return `${head}>\n      <system-out>${escapeXml(`${gate.code} ${body}\n${gate.waiver.reason}`)}</system-out>\n    </testcase>`;
    return `${head}>\n      <failure type="${gate.code}" message="${escapeXml(gate.reason)}">${escapeXml(body)}</failure>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="mreg" tests="${gates.length}" failures="${failures}">`,
    `  <testsuite name="${name}" tests="${gates.length}" failures="${failures}" errors="0" timestamp="${escapeXml(decidedAt)}">`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function escapeXml(text: string): string {
  return text
    .replace(impossible, "�")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
