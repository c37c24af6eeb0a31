import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { evidenceFiles } from "../../../scripts/tiny-evidence.ts";
import { writeTinyModel } from "../../../scripts/tiny-model.ts";
import { type Run, Workspace } from "./workspace.ts";

/** How far a project has come; each stage holds everything of the ones before it. */
export const stages = [
  "files",
  "keys",
  "initialised",
  "pushed",
  "evidenced",
  "staged",
  "ready",
  "approved",
  "serving",
  "updated",
] as const;
export type Stage = (typeof stages)[number];

/** The commands that lead to each stage; the same job as the quickstart's. */
const steps: Readonly<Record<Stage, readonly string[]>> = {
  files: [],
  keys: ["key generate alice", "key generate mike", "key generate lea"],
  initialised: [
    "init --owner risk-team --key alice.key --soak 0s --role data-scientist=alice:alice.pub --role mlops=mike:mike.pub --role lead=lea:lea.pub",
  ],
  pushed: ["push risk model"],
  evidenced: [
    "sign risk:v1",
    "attach risk:v1 --type card model/README.md",
    "attach risk:v1 --type lineage lineage.yaml",
    "attach risk:v1 --type eval eval.json",
    "attach risk:v1 --type scan",
  ],
  staged: ["promote risk:v1 --to staging --key mike.key"],
  ready: [
    "attach risk:v1 --type eval --environment canary canary.json",
    "attach risk:v1 --type document --role runbook runbook.md",
    "attach risk:v1 --type document --role rollback-plan rollback.md",
  ],
  approved: ["approve risk:v1 --to production --key lea.key"],
  serving: ["promote risk:v1 --to production --key mike.key"],
  updated: ["push risk model -a retrained=yes"],
};

/**
 * A project at a stage.
 *
 * On the embedded store `./store` it is a copy of what the global set-up made; on another registry the job is run anew,
 * with the same keys.
 */
export async function projectAt(stage: Stage, registry?: string): Promise<Workspace> {
  if (registry === undefined) return new Workspace({ template: join(inject("projectTemplates"), stage) });
  const from = stages[Math.min(stages.indexOf("keys"), stages.indexOf(stage))] ?? stage;
  const project = new Workspace({ template: join(inject("projectTemplates"), from) });
  await advance(project, { from, to: stage }, registry);
  return project;
}

/** A project with nothing but the user's files. */
export async function newProject(directory?: string): Promise<Workspace> {
  const project = new Workspace(directory === undefined ? {} : { directory });
  await writeTinyModel(project.path("model"), { seed: 7 });
  for (const [name, text] of Object.entries(evidenceFiles(new Date()))) writeFileSync(project.path(name), text);
  return project;
}

/** Takes a project from one stage to a later one. */
export async function advance(
  project: Workspace,
  { from, to }: { readonly from: Stage; readonly to: Stage },
  registry = "oci:./store",
): Promise<void> {
  for (const stage of stages.slice(stages.indexOf(from) + 1, stages.indexOf(to) + 1)) {
    for (const line of steps[stage]) succeed(line, await project.mreg(["--registry", registry, ...line.split(" ")]));
  }
}

/** Returns a run that ended with 0; throws with all its output otherwise. */
export function succeed(line: string, run: Run): Run {
  if (run.exitCode === 0) return run;
  throw new Error(`\`mreg ${line}\` ended with ${run.exitCode}\n${run.stdout}\n${run.stderr}`);
}
