import type { DecisionView } from "../results/decision.ts";

/**
 * Writes a decision as SARIF 2.1.0, for the places that show findings beside code: one rule for each gate, one result
 * for each that failed; a gate that only warns is a warning.
 *
 * @see {@link https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html}
 */
export function sarifReport(decision: DecisionView, tool: { readonly version: string }): string {
  const failed = decision.gates.filter(({ passed }) => !passed);
  const rules = [...new Map(failed.map(({ code }) => [code, { id: code }])).values()];
  const uri = `models:/${decision.model}/${decision.version.slice(1)}`;
  const results = failed.map(({ code, gate, reason, fix, waiver }) => ({
    ruleId: code,
    level: waiver ? "warning" : "error",
    message: { text: `${gate}: ${reason}${waiver ? `; ${waiver.reason}` : ""}${fix === undefined ? "" : `. ${fix}`}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: encodeURI(uri) } },
        logicalLocations: [{ name: gate, kind: "member" }],
      },
    ],
    partialFingerprints: { gate: `${decision.digest}/${decision.to}/${gate}` },
  }));
  const report = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "mreg", version: tool.version, informationUri: "https://mreg.dev", rules } },
        results,
        properties: {
          ...{ allowed: decision.allowed, digest: decision.digest, from: decision.from, to: decision.to },
          ...{ policy: decision.policy, weakened: decision.weakened },
        },
      },
    ],
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
