import { z } from "zod";
import { scanReportTestLimit } from "../limits.ts";
import type { TestResult } from "../predicates/test-result.ts";
import type { JsonObject } from "./json-file.ts";

type Report = Pick<TestResult, "result" | "configuration" | "failedTests" | "warnedTests">;

/** How a report is recognised, and what is made of it. */
interface ReportReader {
  readonly matches: (report: JsonObject) => boolean;
  readonly read: (report: JsonObject) => Report;
}

const Text = z.string().min(1).max(500);

const Modelscan = z.looseObject({
  summary: z.looseObject({
    modelscan_version: Text,
    scanned: z.looseObject({ total_scanned: z.int().min(0) }),
  }),
  issues: z.array(z.looseObject({ module: Text, operator: Text, source: Text, severity: Text })),
  errors: z.array(z.looseObject({})),
});

const Fickling = z.looseObject({ severity: Text, analysis: z.string(), detailed_results: z.json() });

const Trivy = z.looseObject({
  SchemaVersion: z.literal(2),
  Trivy: z.looseObject({ Version: Text.optional() }).optional(),
  Results: z
    .array(
      z.looseObject({
        Target: z.string(),
        Vulnerabilities: z.array(z.looseObject({ VulnerabilityID: Text, PkgName: Text, Severity: Text })).optional(),
        Misconfigurations: z.array(z.looseObject({ ID: Text, Status: Text.optional(), Severity: Text })).optional(),
        Secrets: z.array(z.looseObject({ RuleID: Text, Severity: Text })).optional(),
      }),
    )
    .optional(),
});

const Grype = z.looseObject({
  matches: z.array(
    z.looseObject({
      vulnerability: z.looseObject({ id: Text, severity: Text }),
      artifact: z.looseObject({ name: Text, version: z.string().optional() }),
    }),
  ),
  descriptor: z.looseObject({ name: z.literal("grype"), version: Text.optional() }),
});

const readers: readonly ReportReader[] = [
  { matches: ({ summary }) => has(summary, "modelscan_version"), read: (report) => modelscan(Modelscan.parse(report)) },
  { matches: (report) => has(report, "detailed_results"), read: (report) => fickling(Fickling.parse(report)) },
  { matches: (report) => has(report, "SchemaVersion"), read: (report) => trivy(Trivy.parse(report)) },
  { matches: ({ descriptor }) => has(descriptor, "name"), read: (report) => grype(Grype.parse(report)) },
];

/**
 * Reads the JSON report of modelscan, fickling, Trivy or Grype as those programs write it.
 *
 * None of them says which bytes it looked at, so the result has no `scannedFiles`: it is evidence to read, and the gate
 * that demands a scan of every file goes on looking for one that names them.
 *
 * @returns undefined for any other JSON.
 * @throws ZodError for a report of one of them that lacks what a verdict needs.
 */
export function readScannerReport(report: JsonObject): Report | undefined {
  return readers.find(({ matches }) => matches(report))?.read(report);
}

function has(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

function reportOf(tool: string, version: string | undefined, tests: { failed: string[]; warned: string[] }): Report {
  const { failed, warned } = tests;
  return {
    result: failed.length > 0 ? "FAILED" : warned.length > 0 ? "WARNED" : "PASSED",
    configuration: [{ name: tool, ...(version === undefined ? {} : { annotations: { version } }) }],
    ...(warned.length > 0 ? { warnedTests: listed(warned) } : {}),
    failedTests: listed(failed),
  };
}

/** Each once; an image of an operating system has thousands, and the file itself is kept. */
function listed(tests: readonly string[]): string[] {
  const distinct = [...new Set(tests)];
  const more = distinct.length - scanReportTestLimit;
  return more > 0 ? [...distinct.slice(0, scanReportTestLimit), `and ${more} more`] : distinct;
}

/** modelscan writes an issue only for what it knows to be bad, whatever severity it gives it. */
function modelscan({ summary, issues, errors }: z.infer<typeof Modelscan>): Report {
  const failed = issues.map(({ module, operator, source }) => `unsafe-operator:${module}.${operator}@${source}`);
  if (errors.length > 0) failed.push(`errors:${errors.length}`);
  if (summary.scanned.total_scanned === 0) failed.push("nothing-scanned");
  return reportOf("modelscan", summary.modelscan_version, { failed, warned: [] });
}

function fickling({ severity }: z.infer<typeof Fickling>): Report {
  const tests = [`severity:${severity}`];
  if (severity === "LIKELY_SAFE") return reportOf("fickling", undefined, { failed: [], warned: [] });
  const isUnsure = severity === "POSSIBLY_UNSAFE" || severity === "SUSPICIOUS";
  return reportOf("fickling", undefined, isUnsure ? { failed: [], warned: tests } : { failed: tests, warned: [] });
}

function bySeverity(findings: readonly (readonly [severity: string, test: string])[]) {
  const isHigh = (severity: string) => /^(?:critical|high)$/i.test(severity);
  return {
    failed: findings.flatMap(([severity, test]) => (isHigh(severity) ? [test] : [])),
    warned: findings.flatMap(([severity, test]) => (isHigh(severity) ? [] : [test])),
  };
}

function trivy({ Trivy: program, Results = [] }: z.infer<typeof Trivy>): Report {
  const findings = Results.flatMap(({ Target, Vulnerabilities = [], Misconfigurations = [], Secrets = [] }) => [
    ...Vulnerabilities.map((one) => [one.Severity, `${one.VulnerabilityID}:${one.PkgName}`] as const),
    ...Misconfigurations.filter(({ Status }) => Status !== "PASS").map(
      (one) => [one.Severity, `${one.ID}:${Target}`] as const,
    ),
    // A secret that was found is out, whatever its rule calls severe.
    ...Secrets.map((one) => ["CRITICAL", `secret:${one.RuleID}:${Target}`] as const),
  ]);
  return reportOf("trivy", program?.Version, bySeverity(findings));
}

function grype({ matches, descriptor }: z.infer<typeof Grype>): Report {
  const findings = matches.map(
    ({ vulnerability: { id, severity }, artifact }) => [severity, `${id}:${artifact.name}`] as const,
  );
  return reportOf("grype", descriptor.version, bySeverity(findings));
}
