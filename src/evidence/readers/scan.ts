import { z } from "zod";
import { schemaProblems } from "../../base/schema-problems.ts";
import { EvidenceError } from "../errors.ts";
import { fileReference } from "../evidence-file.ts";
import { type JsonObject, readJsonObject } from "./json-file.ts";
import { readPicklescan } from "./picklescan.ts";
import type { ReadFiles, Reading } from "./reading.ts";
import { readScannerReport } from "./scanner-report.ts";

/**
 * Takes the result of a scanner that already writes the in-toto test result, with the list of files it scanned, or the
 * report of a known program.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` for another shape, `EVIDENCE_INCOMPLETE` without `scannedFiles`.
 */
export function readScan(files: ReadFiles): Reading {
  const [file] = files;
  const printed = readPicklescan(file);
  if (printed) return { predicate: { ...printed, evidence: files.map(fileReference) } };
  const value = readJsonObject(file);
  const report = readReport(value, file.path);
  if (report) return { predicate: { ...report, evidence: files.map(fileReference) } };
  if (!("result" in value && "configuration" in value)) {
    throw new EvidenceError(
      "FORMAT_UNKNOWN",
      "it is no scan result, expected JSON with result, configuration and scannedFiles (in-toto test-result v0.1), or a report of modelscan, fickling, Trivy or Grype, or what picklescan prints",
      { file: file.path },
    );
  }
  if (!("scannedFiles" in value)) {
    throw new EvidenceError(
      "EVIDENCE_INCOMPLETE",
      "it does not say which files were scanned, expected scannedFiles: [{ path, digest: { sha256 } }]",
      { file: file.path, missing: ["scannedFiles"] },
    );
  }
  return { predicate: { ...value, evidence: files.map(fileReference) } };
}

function readReport(value: JsonObject, file: string): ReturnType<typeof readScannerReport> {
  try {
    return readScannerReport(value);
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    throw new EvidenceError("EVIDENCE_INVALID", `it is no whole report of a scanner: ${schemaProblems(cause)}`, {
      file,
      cause,
    });
  }
}
