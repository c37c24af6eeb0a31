import type { EvidenceInput } from "../evidence-input.ts";
import { EvalFiles } from "./eval-files.ts";
import { detectEval } from "./eval-formats.ts";
import { evalOf } from "./eval-run.ts";
import type { ReadFiles, Reading } from "./reading.ts";

/**
 * Reads the result of an evaluation, whichever tool wrote it. The format is told by its content, never by a file name
 * alone, and the file that was read comes first in `evidence`.
 *
 * @throws {@link EvidenceError} `FORMAT_UNKNOWN` lists what was tried; `EVIDENCE_INCOMPLETE` says what the caller must
 * add (a suite, a time, a direction); `EVIDENCE_INVALID` for results that cannot be compared: not finite, or twice
 * under one name.
 */
export function readEval(given: ReadFiles, input: Omit<EvidenceInput, "files">): Reading {
  const all = new EvalFiles(given);
  const { format, file } = detectEval({ files: all, input });
  const files = all.startingWith(file);
  const found = format.read(file, { files, input });
  return { predicate: "predicate" in found ? found.predicate : evalOf(found, { files: files.all, input }) };
}
