import { createPrivateKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { decryptKeyFile } from "../../../src/trust/key-file.ts";
import { advance, newProject, stages } from "./project.ts";
import { keyPassword, Workspace } from "./workspace.ts";

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
  const withPasswords = "MREG_TEST_PROCESSES" in project.config.env;
  await makeStages(directory, withPasswords).catch((error: unknown) => {
    remove();
    throw error;
  });
  project.provide("projectTemplates", directory);
  return remove;
}

async function makeStages(directory: string, withPasswords: boolean): Promise<void> {
  let at = await newProject(join(directory, stages[0]));
  for (const [index, stage] of stages.entries()) {
    const from = stages[index - 1];
    if (!from) continue;
    at = new Workspace({ template: at.directory, directory: join(directory, stage) });
    await advance(at, { from, to: stage });
    if (stage === "keys" && !withPasswords) await takePasswords(at, ["alice", "mike"]);
  }
}

/**
 * Writes the keys of these people without their passwords: each use of a password takes 140 ms of processor, so that
 * nobody guesses it, and the job uses the two some hundred times. Lea's keeps its own; the levels that meet other
 * programs have cosign open all three.
 */
async function takePasswords(project: Workspace, people: readonly string[]): Promise<void> {
  for (const name of people) {
    const path = project.path(`${name}.key`);
    const key = Buffer.from(await decryptKeyFile(readFileSync(path, "utf8"), keyPassword));
    const pem = createPrivateKey({ key, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" });
    writeFileSync(path, pem);
  }
}
