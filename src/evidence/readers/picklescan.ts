import { decodeUtf8 } from "../../base/bytes.ts";
import type { EvidenceFile } from "../evidence-file.ts";
import { scanReportTestLimit } from "../limits.ts";
import type { TestResult } from "../predicates/test-result.ts";

type Report = Pick<TestResult, "result" | "configuration" | "failedTests" | "warnedTests">;

const summaryLine = "----------- SCAN SUMMARY -----------";
const foundLine = /^(.{1,1000}): dangerous import '([^']{1,300})' FOUND$/;
const problemLine = /^(?:ERROR|WARNING): /;

/**
 * Reads what picklescan prints: it has no other report. What it could not read, it calls clean, and so its warnings
 * count.
 *
 * @returns undefined for any other text.
 */
export function readPicklescan(file: EvidenceFile): Report | undefined {
  const lines = linesOf(file);
  const start = lines.lastIndexOf(summaryLine);
  if (start < 0) return undefined;
  const counts = new Map(lines.slice(start + 1).map((line) => line.split(": ", 2) as [string, string]));
  const count = (name: string) => {
    const text = counts.get(name) ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  const [scanned, infected, dangerous] = ["Scanned files", "Infected files", "Dangerous globals"].map(count);
  if (scanned === undefined || infected === undefined || dangerous === undefined) return undefined;
  const found = lines.flatMap((line) => {
    const [, path = "", name = ""] = foundLine.exec(line) ?? [];
    return name === "" ? [] : [`dangerous-import:${name.replace(" ", ".")}@${path}`];
  });
  const problems = lines.filter((line) => problemLine.test(line)).length;
  const failedTests = [
    ...[...new Set(found)].slice(0, scanReportTestLimit),
    ...(found.length === 0 && infected + dangerous > 0 ? [`dangerous-globals:${dangerous}`] : []),
    ...(problems > 0 ? [`errors:${problems}`] : []),
    ...(scanned === 0 ? ["nothing-scanned"] : []),
  ];
  const suspicious = count("Suspicious globals") ?? 0;
  return {
    result: failedTests.length > 0 ? "FAILED" : suspicious > 0 ? "WARNED" : "PASSED",
    configuration: [{ name: "picklescan" }],
    ...(suspicious > 0 ? { warnedTests: [`suspicious-globals:${suspicious}`] } : {}),
    failedTests,
  };
}

function linesOf({ bytes }: EvidenceFile): readonly string[] {
  try {
    return decodeUtf8(bytes).split(/\r?\n/);
  } catch {
    return [];
  }
}
