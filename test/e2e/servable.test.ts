import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";

/** What hands out content asks the chain first: each of these must refuse. */
const handOuts = ["pull risk:v1 -o out", "resolve risk:v1"];

const projects: Workspace[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

/** A project whose version 1 is taken out of use by a move that its policy allows. */
async function ended(move: string, edit = (policy: string) => policy): Promise<Workspace> {
  const project = await projectAt("pushed");
  projects.push(project);
  editPolicy(project, edit);
  succeed(move, await project.line(`mreg ${move} --key mike.key`));
  return project;
}

function editPolicy(project: Workspace, edit: (policy: string) => string): void {
  const path = project.path("mreg.policy.yaml");
  writeFileSync(path, edit(readFileSync(path, "utf8")));
}

const revoke = "revoke risk:v1 --reason poisoned";

/** Lets a version that never served take the step that ends its life, with nothing to prove. */
function fromTheStart(policy: string): string {
  const steps =
    /from: \w+\n( +to: \w+\n +kind: (?:archive|retire)\n) +requires: .*\n( +authorize: .*\n)( +approvals: .*\n)?/g;
  return `${policy.replace(steps, "from: experimental\n$1$2")}\nweakens: [signature, card, eval]\n`;
}

test.each(handOuts)("%s: refuses a revoked version, says by whom and why, and writes nothing", async (line) => {
  const project = await ended(revoke);
  const run = await project.line(`mreg ${line} --audit`);
  expect(run).toMatchObject({ exitCode: 3, stdout: "" });
  expect(run.stderr).toMatch(/risk: v1 was revoked on \S+ by mike: poisoned \[NOT_SERVED\]\n/);
  expect(existsSync(project.path("out"))).toBe(false);
});

test.each(handOuts)("%s: refuses what was revoked against the policy, too, and tells the doubt", async (line) => {
  const project = await ended(revoke);
  const alone = "kind: revoke\n    authorize: {roles: [mlops, lead, owner]}\n";
  const second = "    approvals: {count: 1, roles: [lead], distinctFrom: [requester]}\n";
  editPolicy(project, (policy) => policy.replace("version: 1", "version: 2").replace(alone, `${alone}${second}`));
  const run = await project.line(`mreg ${line}`);
  expect(run).toMatchObject({ exitCode: 3, stdout: "" });
  expect(run.stderr).toMatch(
    /by mike: poisoned; it stays so, although the policy would not have allowed that: record 1: MREG-E310 approvals: 0 of 1 \(lead\) \[NOT_SERVED\]\n/,
  );
});

test.each(handOuts)("%s: hands an archived version out to look at, when asked for by that word", async (line) => {
  const project = await ended("archive risk:v1", fromTheStart);
  const run = await project.line(`mreg ${line}`);
  expect(run).toMatchObject({ exitCode: 3, stdout: "" });
  expect(run.stderr).toMatch(/: v1 is archived since \S+: it is kept for audits; --audit hands it out to look at \[/);
  succeed(line, await project.line(`mreg ${line} --audit`));
});

test.each(handOuts)("%s: says how long a retired version is served", async (line) => {
  const project = await ended("retire risk:v1 --sunset 30d", fromTheStart);
  const { stderr } = succeed(line, await project.line(`mreg ${line}`));
  expect(stderr).toMatch(/warning: risk: v1 is retired: \d+ days left, until /);
});

test.each(handOuts)("%s: where there is no policy, nobody's history counts", async (line) => {
  const project = await ended(revoke);
  for (const name of ["mreg.yaml", "mreg.policy.yaml"]) rmSync(project.path(name));
  succeed(line, await project.line(`mreg ${line} --registry oci:./store`));
});
