import { checkDraft } from "../../../evidence/draft.ts";
import { evidenceFiles } from "../../../evidence/evidence-file.ts";
import {
  type EvidenceDraft,
  type EvidenceSource,
  type MetricDirection,
  predicateTypes,
} from "../../../evidence/index.ts";
import { draftLineage } from "../../../evidence/lineage/draft-lineage.ts";
import { type EvalRun, evalOf } from "../../../evidence/readers/eval-run.ts";
import { knownDirection } from "../../../evidence/readers/metric-direction.ts";
import { cardEvidence, readmeIn } from "../card-evidence.ts";
import type { ImportedEvidence, ImportWishes } from "../source-model.ts";
import { tryDraft } from "../try-draft.ts";
import type { Testimony } from "./testimony.ts";

/** What an MLflow server says of a model, and the answers themselves. */
export interface MlflowStatements {
  readonly testimony: Testimony;
  /** The server's answers, without secrets. */
  readonly answers: EvidenceSource;
  readonly experiment: string;
  /** Version of the data that was evaluated on, where the run names it. */
  readonly evaluationData?: string | undefined;
  /** Milliseconds since 1970. */
  readonly finished?: number | undefined;
  /** Markdown, by whoever may edit the model's page. */
  readonly description?: string | undefined;
}

/** Drafts lineage, evaluation and card; what the server does not say enough for is a note. */
export async function mlflowEvidence(
  directory: string,
  said: MlflowStatements,
  wishes: ImportWishes,
): Promise<ImportedEvidence> {
  const { description } = said;
  const page = description?.trim() ? { path: "README.md", bytes: Buffer.from(description) } : undefined;
  const parts = [
    await lineageEvidence(directory, said, wishes),
    await evalEvidence(said, wishes),
    await cardEvidence((await readmeIn(directory)) ?? page, wishes.now),
  ];
  return { drafts: parts.flatMap(({ drafts }) => drafts), notes: parts.flatMap(({ notes }) => notes) };
}

async function lineageEvidence(
  directory: string,
  { testimony, answers }: MlflowStatements,
  { lineage: overrides = {}, signal }: ImportWishes,
): Promise<ImportedEvidence> {
  const place = { directories: [directory], env: {}, signal };
  const told = { finding: testimony.finding, file: answers };
  const { draft, missing, notes } = await draftLineage({ place, overrides, testimony: told });
  const said = notes.map((note) => `lineage: ${note}`);
  if (draft) return { drafts: [draft], notes: said };
  return { drafts: [], notes: [...said, `lineage: the run names no ${missing.join(" and no ")}`] };
}

async function evalEvidence(said: MlflowStatements, { directions = {}, now }: ImportWishes): Promise<ImportedEvidence> {
  const { answers, evaluationData, experiment, finished, testimony } = said;
  const { leftOut, measurements } = testimony;
  const notFinite = leftOut.map((metric) => `eval: ${metric} is no finite number and was left out`);
  if (measurements.length === 0) return { drafts: [], notes: [...notFinite, "eval: the run has no metric"] };
  const unknown = measurements
    .map(({ metric }) => metric)
    .filter((metric) => !directions[metric] && !knownDirection(metric));
  const skipped = unknown.map(
    (metric) => `eval: ${metric} was left out, --direction ${metric}=higher|lower takes it in`,
  );
  const ignored = Object.fromEntries(unknown.map((metric): [string, MetricDirection] => [metric, "ignore"]));
  const time = finished === undefined ? undefined : { time: new Date(finished), found: String(finished) };
  const run: EvalRun = {
    results: measurements,
    partial: false,
    suite: { name: experiment.slice(0, 200), version: evaluationData ?? "unversioned" },
    evaluatedAt: time,
  };
  const made = await tryDraft("eval", () => {
    const files = evidenceFiles([answers]);
    const predicate = evalOf(run, { files, input: { now, eval: { directions: { ...ignored, ...directions } } } });
    const draft: EvidenceDraft = { kind: "eval", predicateType: predicateTypes.eval, predicate, files };
    checkDraft(draft, answers.path);
    return draft;
  });
  return { drafts: made.drafts, notes: [...notFinite, ...skipped, ...made.notes] };
}
