import { writeFileSync } from "node:fs";
import { AttachResult } from "../../../src/cli/results/attach.ts";
import { succeed } from "./project.ts";
import type { Workspace } from "./workspace.ts";

/** Processes that write at the same time. */
export const crowdSize = 30;

/**
 * Attaches a document of its own from each of {@link crowdSize} processes, all started at once, to one version.
 *
 * @returns the digests that the processes reported: two manifests each, the files and the statement about them.
 * @throws Error with what it printed, when one of them fails.
 */
export async function attachInParallel(project: Workspace, registry: string, ref: string): Promise<string[]> {
  const lines = Array.from({ length: crowdSize }, (_, at) => {
    const file = `runbook-${at}.md`;
    writeFileSync(project.path(file), `# Runbook ${at}\n\nWhat to do when it fails.\n`);
    return `--registry ${registry} --format json attach ${ref} --type document --role runbook ${file} --key alice.key`;
  });
  const runs = await Promise.all(lines.map((line) => project.mreg(line.split(" "))));
  return runs.flatMap((run, at) => {
    const { statement, files } = AttachResult.parse(JSON.parse(succeed(lines[at] ?? "", run).stdout));
    return [statement, ...(files ? [files] : [])];
  });
}
