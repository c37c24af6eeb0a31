import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { EvidenceSource } from "../../../src/evidence/evidence-file.ts";

const vectors = resolve(import.meta.dirname, "../../../../shared/vectors");

/** Paths of real results of other tools, below `../shared/vectors`, with how many files each has. */
export const evalVectors = {
  lmEval: "eval/lm_eval/results_2026-01-21T03-44-18.458309.json",
  inspectArc: "eval/inspect/data_arc_qwen.json",
  inspectCtf: "eval/inspect/data_intercode_ctf_local_path.json",
  inspectPubmed: "eval/inspect/data_pubmedqa_gpt4o_mini.json",
  inspectJudge: "eval/inspect/data_with_llm_scoring.json",
  helmMmlu: "eval/helm/mmlu-subject=philosophy,method=multiple_choice_joint,model=openai_gpt2",
  helmHellaswag: "eval/helm/commonsense-dataset=hellaswag,method=multiple_choice_joint,model=eleutherai_pythia-1b-v0",
  everyEvalEver: "every-eval-ever/example.json",
} as const;

/** A schema of Every Eval Ever. */
export const everyEvalEverSchema = join(vectors, "every-eval-ever/eval.schema.json");

/** Why the vectors cannot be read, for `context.skip`; undefined where they are. */
export function vectorsAbsent(): string | undefined {
  return existsSync(vectors) ? undefined : "../shared/vectors is absent: no real results of evaluations";
}

/** The file, or every file of the directory, as `attach` would be given them. */
export function vectorFiles(path: string): readonly EvidenceSource[] {
  const full = join(vectors, path);
  const paths = statSync(full).isDirectory() ? readdirSync(full).map((name) => join(full, name)) : [full];
  return paths.map((one) => ({ path: basename(one), bytes: readFileSync(one) }));
}
