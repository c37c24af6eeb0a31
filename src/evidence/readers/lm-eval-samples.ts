import { EvidenceError } from "../errors.ts";
import type { EvalFiles } from "./eval-files.ts";
import { firstJsonLine, jsonLines } from "./json-lines.ts";

/**
 * Holds sample logs of lm-evaluation-harness (`samples_<task>_<time>.jsonl`, one line per document and filter) against
 * the counts of its results: a log of other documents than were counted is no log of this run.
 *
 * @param effective - samples that the results count for a task.
 * @throws {@link EvidenceError} `EVIDENCE_INVALID`.
 */
export function checkLmEvalSamples(files: EvalFiles, effective: (task: string) => number | undefined): void {
  for (const file of files.all.slice(1)) {
    const task = /^samples_(.+)_[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.-]+\.jsonl$/.exec(file.path)?.[1];
    const expected = task === undefined ? undefined : effective(task);
    if (expected === undefined || !Object.hasOwn(firstJsonLine(file) ?? {}, "doc_id")) continue;
    const documents = new Set<string>();
    for (const line of jsonLines(file)) {
      // Tasks with several repeats or filters have several lines per document.
      documents.add(JSON.stringify(line["doc_id"]));
      if (documents.size > expected) break;
    }
    if (documents.size !== expected) {
      const found = documents.size > expected ? `more than ${expected}` : `${documents.size}`;
      const message = `it holds ${found} documents of ${task}, and the results count ${expected}`;
      throw new EvidenceError("EVIDENCE_INVALID", message, { file: file.path });
    }
  }
}
