import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { advance, newProject, stages } from "./project.ts";
import { Workspace } from "./workspace.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Directory that holds a finished project for each stage, made once for all test files. */
    readonly projectTemplates: string;
  }
}

/** Runs the job once, keeping a copy of the project at each stage; the tests start from copies of these. */
export default async function setup(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(project.config.env["TMPDIR"] ?? tmpdir(), "mreg-templates-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  await makeStages(directory).catch((error: unknown) => {
    remove();
    throw error;
  });
  project.provide("projectTemplates", directory);
  return remove;
}

async function makeStages(directory: string): Promise<void> {
  let at = await newProject(join(directory, stages[0]));
  for (const [index, stage] of stages.entries()) {
    const from = stages[index - 1];
    if (!from) continue;
    at = new Workspace({ template: at.directory, directory: join(directory, stage) });
    await advance(at, { from, to: stage });
  }
}
