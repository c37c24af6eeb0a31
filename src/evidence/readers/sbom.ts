import { EvidenceError } from "../errors.ts";
import { readJsonObject } from "./json-file.ts";
import type { ReadFiles, Reading } from "./reading.ts";

/**
 * Takes a bill of materials as it is: CycloneDX (JSON), SPDX 2 (JSON) or SPDX 3 (JSON-LD), whoever made it.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` for anything else.
 */
export function readSbom(files: ReadFiles): Reading {
  const [file] = files;
  const value = readJsonObject(file);
  if (value["bomFormat"] === "CycloneDX") return { predicate: { ...value }, as: "sbom" };
  if ("spdxVersion" in value || ("@context" in value && "@graph" in value))
    return { predicate: { ...value }, as: "spdx" };
  const keys = Object.keys(value).slice(0, 8).join(", ") || "none";
  const message = `its keys are ${keys}; expected a CycloneDX document with bomFormat, or an SPDX document`;
  throw new EvidenceError("FORMAT_UNKNOWN", message, { file: file.path });
}
