import type { EvidenceFile } from "../evidence-file.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import type { EvalFiles } from "./eval-files.ts";
import type { EvalRun } from "./eval-run.ts";

export interface EvalContext {
  readonly files: EvalFiles;
  readonly input: Omit<EvidenceInput, "files">;
}

/** The output of one tool. Formats are told apart by content, and no two may claim one file. */
export interface EvalFormat {
  /** What `--from` calls it. */
  readonly name: string;
  /** What it is, for the error that lists what was tried. */
  readonly title: string;
  /** Whether the file has the shape of this format. Never throws: every byte of it may be hostile. */
  detect(file: EvidenceFile, context: EvalContext): boolean;
  /** @throws {@link EvidenceError} for a file that has the shape and not the content. */
  read(file: EvidenceFile, context: EvalContext): EvalRun | WrittenEval;
}

/** What has the form of the predicate already, and is held against its schema only. */
export interface WrittenEval {
  readonly predicate: Readonly<Record<string, unknown>>;
}
