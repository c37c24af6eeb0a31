import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draftOf, refusedWith } from "../../../test/support/evidence.ts";
import { EvidenceError } from "../errors.ts";

/** As modelscan 0.8.8 writes it. */
const modelscan = (changes: Record<string, unknown> = {}) => ({
  summary: {
    total_issues_by_severity: { LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 1 },
    total_issues: 1,
    input_path: "one",
    absolute_path: "/home/user/one",
    modelscan_version: "0.8.8",
    timestamp: "2026-11-20T21:23:49.781221",
    scanned: { total_scanned: 2, scanned_files: ["list.pkl", "model.pt:m/data.pkl"] },
  },
  issues: [
    {
      description: "Use of unsafe operator 'system' from module 'os'",
      operator: "system",
      module: "os",
      source: "model.pt:m/data.pkl",
      scanner: "modelscan.scanners.PickleUnsafeOpScan",
      severity: "CRITICAL",
    },
  ],
  errors: [],
  ...changes,
});

/** As picklescan 1.0.5 prints it. */
const picklescan = (
  counts: readonly [scanned: number, infected: number, suspicious: number, dangerous: number],
  before = "",
) =>
  `${before}----------- SCAN SUMMARY -----------
Scanned files: ${counts[0]}
Infected files: ${counts[1]}
Suspicious globals: ${counts[2]}
Dangerous globals: ${counts[3]}
`;

/** As fickling 0.1.12 writes it. */
const fickling = (severity: string) => ({ severity, analysis: "…", detailed_results: { AnalysisResult: {} } });

/** In the shape of `trivy fs --format json` 0.6x. */
const trivy = {
  SchemaVersion: 2,
  Trivy: { Version: "0.67.0" },
  ArtifactName: ".",
  ArtifactType: "filesystem",
  Results: [
    {
      Target: "requirements.txt",
      Class: "lang-pkgs",
      Vulnerabilities: [
        { VulnerabilityID: "CVE-2025-32434", PkgName: "torch", InstalledVersion: "2.5.0", Severity: "CRITICAL" },
        { VulnerabilityID: "CVE-2025-0001", PkgName: "numpy", Severity: "LOW" },
      ],
    },
    { Target: ".env", Class: "secret", Secrets: [{ RuleID: "aws-access-key-id", Severity: "MEDIUM" }] },
  ],
};

/** In the shape of `grype dir:. -o json` 0.9x. */
const grype = {
  matches: [
    { vulnerability: { id: "GHSA-53q9-r3pm-6pq6", severity: "Medium" }, artifact: { name: "torch", version: "2.5.0" } },
  ],
  source: { type: "directory", target: "." },
  descriptor: { name: "grype", version: "0.92.0" },
};

describe("reports of scanners", () => {
  it.each<[string, unknown, object]>([
    [
      "modelscan with an issue",
      modelscan(),
      {
        result: "FAILED",
        configuration: [{ name: "modelscan", annotations: { version: "0.8.8" } }],
        failedTests: ["unsafe-operator:os.system@model.pt:m/data.pkl"],
      },
    ],
    ["modelscan without one", modelscan({ issues: [] }), { result: "PASSED", failedTests: [] }],
    ["modelscan that failed", modelscan({ issues: [], errors: [{}] }), { result: "FAILED", failedTests: ["errors:1"] }],
    ["fickling, safe", fickling("LIKELY_SAFE"), { result: "PASSED", configuration: [{ name: "fickling" }] }],
    ["fickling, unsure", fickling("SUSPICIOUS"), { result: "WARNED", warnedTests: ["severity:SUSPICIOUS"] }],
    ["fickling, sure", fickling("OVERTLY_MALICIOUS"), { result: "FAILED" }],
    ["fickling, a word of tomorrow", fickling("WORSE"), { result: "FAILED" }],
    [
      "Trivy",
      trivy,
      {
        result: "FAILED",
        failedTests: ["CVE-2025-32434:torch", "secret:aws-access-key-id:.env"],
        warnedTests: ["CVE-2025-0001:numpy"],
      },
    ],
    ["Trivy without results", { ...trivy, Results: undefined }, { result: "PASSED" }],
    ["Grype", grype, { result: "WARNED", warnedTests: ["GHSA-53q9-r3pm-6pq6:torch"] }],
  ])("reads that of %s", (_, report, expected) => {
    const { predicate, files } = draftOf("scan", "report.json", JSON.stringify(report));
    expect(predicate).toMatchObject(expected);
    expect(predicate).toMatchObject({ evidence: [{ name: "report.json" }] });
    // It does not say which bytes it looked at, and must not count as a scan of every file.
    expect(predicate).not.toHaveProperty("scannedFiles");
    expect(files).toHaveLength(1);
  });

  it.each<[string, string, object]>([
    [
      "nothing",
      picklescan([1, 0, 0, 0]),
      { result: "PASSED", configuration: [{ name: "picklescan" }], failedTests: [] },
    ],
    [
      "a dangerous import",
      picklescan([1, 1, 0, 1], "m/global.pkl: dangerous import 'os system' FOUND\n"),
      { result: "FAILED", failedTests: ["dangerous-import:os.system@m/global.pkl"] },
    ],
    ["what it does not know", picklescan([1, 0, 2, 0]), { result: "WARNED", warnedTests: ["suspicious-globals:2"] }],
    [
      "what it could not read, and calls clean",
      picklescan([1, 0, 0, 0], "WARNING: could not parse m.joblib as pickle\n"),
      { result: "FAILED", failedTests: ["errors:1"] },
    ],
    ["no files", picklescan([0, 0, 0, 0]), { result: "FAILED", failedTests: ["nothing-scanned"] }],
    ["a number without its line", picklescan([1, 1, 0, 1]), { result: "FAILED", failedTests: ["dangerous-globals:1"] }],
  ])("reads what picklescan prints of %s", (_, text, expected) => {
    const { predicate } = draftOf("scan", "picklescan.txt", text);
    expect(predicate).toMatchObject(expected);
    expect(predicate).not.toHaveProperty("scannedFiles");
  });

  it("refuses half of what picklescan prints", () => {
    refusedWith(() => draftOf("scan", "p.txt", picklescan([1, 0, 0, 0]).slice(0, 60)), "EVIDENCE_INVALID", /./);
  });

  it("fails what was not scanned at all", () => {
    const summary = { ...modelscan().summary, scanned: { total_scanned: 0 } };
    const { predicate } = draftOf("scan", "r.json", JSON.stringify(modelscan({ issues: [], summary })));
    expect(predicate).toMatchObject({ result: "FAILED", failedTests: ["nothing-scanned"] });
  });

  it("names no more findings than a statement needs", () => {
    const Vulnerabilities = Array.from({ length: 2_000 }, (_, at) => {
      return { VulnerabilityID: `CVE-${at}`, PkgName: "p", Severity: "HIGH" };
    });
    const report = { SchemaVersion: 2, Results: [{ Target: "t", Vulnerabilities }] };
    const { failedTests } = draftOf("scan", "r.json", JSON.stringify(report)).predicate as { failedTests: string[] };
    expect(failedTests).toHaveLength(501);
    expect(failedTests.at(-1)).toBe("and 1500 more");
  });

  it("refuses half a report", () => {
    const half = JSON.stringify({ summary: { modelscan_version: "0.8.8" } });
    refusedWith(() => draftOf("scan", "r.json", half), "EVIDENCE_INVALID", /no whole report/);
  });

  it("ends in a statement or a typed error for any change of a report", () => {
    const reports = [modelscan(), fickling("LIKELY_SAFE"), trivy, grype].map((report) => JSON.stringify(report));
    const change = fc.tuple(fc.constantFrom(...reports), fc.nat(400), fc.constantFrom("", "0", "null", '"', "{", "[]"));
    fc.assert(
      fc.property(change, ([report, at, text]) => {
        const changed = report.slice(0, at) + text + report.slice(at + 1);
        try {
          draftOf("scan", "r.json", changed);
        } catch (error) {
          expect(error).toBeInstanceOf(EvidenceError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
