import { EvidenceError } from "../errors.ts";
import { fileReference } from "../evidence-file.ts";
import { readJsonObject } from "./json-file.ts";
import type { ReadFiles, Reading } from "./reading.ts";

/**
 * Takes the result of a scanner that already writes the in-toto test result, with the list of files it scanned.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` for another shape, `EVIDENCE_INCOMPLETE` without `scannedFiles`.
 */
export function readScan(files: ReadFiles): Reading {
  const [file] = files;
  const value = readJsonObject(file);
  if (!("result" in value && "configuration" in value)) {
    throw new EvidenceError(
      "FORMAT_UNKNOWN",
      "it is no scan result, expected JSON with result, configuration and scannedFiles (in-toto test-result v0.1)",
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
