import { EvidenceError } from "../errors.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import { readExactJsonObject } from "./json-file.ts";
import { isLmEval, readLmEval } from "./lm-eval.ts";
import { readPlainEval } from "./plain-eval.ts";
import type { ReadFiles, Reading } from "./reading.ts";

/**
 * Reads the result of an evaluation, whichever harness wrote it. The format is told by its shape, never by a file name.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` says what is accepted; `EVIDENCE_INVALID` for results that cannot be
 * compared: not finite, twice under one name, without a direction.
 */
export function readEval(files: ReadFiles, input: Omit<EvidenceInput, "files">): Reading {
  const [file] = files;
  const value = readExactJsonObject(file);
  if (Array.isArray(value["results"])) return { predicate: readPlainEval(value, files, input) };
  if (isLmEval(value)) return { predicate: readLmEval(value, files, input) };
  throw new EvidenceError(
    "FORMAT_UNKNOWN",
    `its keys are ${Object.keys(value).slice(0, 8).join(", ") || "none"}; expected results_*.json of lm-evaluation-harness, ` +
      "or { suite: { name, version }, evaluatedAt, results: [{ task, metric, value, higherIsBetter }] }",
    { file: file.path },
  );
}
