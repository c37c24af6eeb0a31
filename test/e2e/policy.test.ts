import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { projectAt, type Stage, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";

const projects: Workspace[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

async function open(stage: Stage): Promise<Workspace> {
  const project = await projectAt(stage);
  projects.push(project);
  return project;
}

test("policy push: what it prints is a policy for every command, and extends takes it, too", async () => {
  const project = await open("evidenced");
  const pushed = succeed("push", await project.line("mreg policy push policies/base --format json"));
  const { reference } = JSON.parse(pushed.stdout) as { reference: string };
  succeed("check", await project.line(`mreg check risk:v1 --to staging --policy ${reference}`));
  const metadata = (version: number) => `metadata: {name: models, version: ${version}, extends: "${reference}"}\n`;
  const head = "apiVersion: mreg/v1\nkind: LifecyclePolicy\n";
  writeFileSync(project.path("tighter.yaml"), `${head}${metadata(2)}evidence: {eval: {minSamples: 1000000}}\n`);
  const denied = await project.line("mreg check risk:v1 --to staging --policy tighter.yaml");
  expect(denied).toMatchObject({ exitCode: 3 });
  expect(denied.stdout).toContain("MREG-E208");
  writeFileSync(project.path("looser.yaml"), `${head}${metadata(2)}evidence: {scan: {coverAllFiles: false}}\n`);
  const refused = await project.line("mreg check risk:v1 --to staging --policy looser.yaml");
  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused.stderr).toContain("evidence.scan.coverAllFiles: is false, the base has true");
});

test("extends: company, division and team, as files and in a registry; a circle is refused with its path", async () => {
  const project = await open("evidenced");
  const write = (name: string, base: string, lines = "") =>
    writeFileSync(
      project.path(`${name}.yaml`),
      `apiVersion: mreg/v1\nkind: LifecyclePolicy\nmetadata: {name: ${name}, version: 1, extends: "${base}"}\n${lines}`,
    );
  write("division", "mreg.policy.yaml", "evidence: {eval: {minSamples: 1000000}}\n");
  write("team", "division.yaml", "evidence: {card: {maxAge: 30d}}\n");
  const explained = await project.line("mreg policy explain experimental..staging --policy team.yaml");
  expect(explained.stdout).toMatch(/eval\.samples .* {2}from division@1/);
  expect(explained.stdout).toMatch(/card .* {2}from models@1, tightened by team@1/);
  const pushed = succeed("push", await project.line("mreg policy push policies/team --policy team.yaml --format json"));
  const { reference } = JSON.parse(pushed.stdout) as { reference: string };
  write("squad", reference, "evidence: {eval: {minSamples: 10}}\n");
  const looser = await project.line("mreg policy lint squad.yaml");
  expect(looser).toMatchObject({ exitCode: 2 });
  expect(looser.stdout).toContain("squad.yaml:4:19: error: evidence.eval.minSamples: is 10, the base has 1000000");
  write("squad", reference);
  const denied = await project.line("mreg check risk:v1 --to staging --policy squad.yaml");
  expect(denied).toMatchObject({ exitCode: 3 });
  expect(denied.stdout).toContain("MREG-E208");
  write("division", "team.yaml");
  const circle = await project.line("mreg policy lint team.yaml");
  expect(circle).toMatchObject({ exitCode: 2 });
  expect(circle.stderr).toContain("extends itself: team.yaml → division.yaml → team.yaml");
});

test("policy lint: errors end with 2 and say where, strange things end with 10 when asked", async () => {
  const project = await open("initialised");
  const text = readFileSync(project.path("mreg.policy.yaml"), "utf8");
  const line = text.split("\n").findIndex((one) => one.includes("serve: shadow")) + 1;
  writeFileSync(project.path("wrong.yaml"), text.replace("{serve: shadow}", "{serve: some}"));
  const wrong = await project.line("mreg policy lint wrong.yaml");
  expect(wrong).toMatchObject({ exitCode: 2 });
  expect(wrong.stdout).toContain(`wrong.yaml:${line}:`);
  expect(await project.line("mreg policy lint --fail-on-warn")).toMatchObject({ exitCode: 10 });
});

test("promote: a denial writes the reports that were asked for, as every move does", async () => {
  const project = await open("pushed");
  const denied = await project.line("mreg promote risk:v1 --to staging --key mike.key --report sarif=denied.sarif");
  expect(denied).toMatchObject({ exitCode: 3 });
  const { runs } = JSON.parse(readFileSync(project.path("denied.sarif"), "utf8")) as { runs: { results: object[] }[] };
  expect(runs[0]?.results).toContainEqual(expect.objectContaining({ ruleId: "MREG-E101", level: "error" }));
  for (const move of ["promote", "retire", "archive", "rollback", "revoke", "hold"]) {
    const { stdout } = await project.mreg([move, "--help"]);
    expect(stdout, move).toMatch(/--report <format=file>.*--fail-on-warn/s);
  }
  expect(await project.line("mreg revoke risk:v1 --reason no --key mike.key --report html=x")).toMatchObject({
    exitCode: 2,
  });
});

test("policy init: the next level keeps names, keys and roles, and takes the place of the one before", async () => {
  const project = await open("staged");
  const line = "mreg policy init --level 2 --from mreg.policy.yaml";
  succeed("init", await project.line(`${line} -o next.yaml`));
  const next = readFileSync(project.path("next.yaml"), "utf8");
  expect(next).toMatch(/^ {2}name: models\n {2}version: 2\n/m);
  expect(next).toContain("  mlops:\n    - mike\n");
  const [key = ""] = /-----BEGIN PUBLIC KEY-----[^-]*/.exec(readFileSync(project.path("lea.pub"), "utf8")) ?? [];
  expect(next.replaceAll(/\s/g, "")).toContain(key.replaceAll(/\s/g, ""));
  const gatesOf = async (policy: string) =>
    (await project.line(`mreg check risk:v1 --to production --key mike.key --policy ${policy}`)).stdout;
  expect(await gatesOf("next.yaml")).not.toContain("MREG-E41");
  succeed("init", await project.line(`${line} --name finance -o renamed.yaml`));
  expect(await gatesOf("renamed.yaml")).not.toContain("MREG-E41");
  writeFileSync(project.path("edited.yaml"), next.replace("version: 2", "version: 1"));
  const edited = await gatesOf("edited.yaml");
  expect(edited).toContain("MREG-E414 policy   policy models@1 was edited under its version");
  expect(edited).toContain("fix       set metadata.version to 2, or undo the edit");
});

test("policy init: says what to do next, and lint then says what is missing", async () => {
  const project = await open("keys");
  const written = succeed("init", await project.line("mreg policy init"));
  expect(written.stdout).toContain("next: mreg policy lint, which says which keys and roles it lacks");
  const { stdout } = succeed("lint", await project.line("mreg policy lint"));
  expect(stdout).toContain("warning: roles.lead: nobody has this role");
});

test("policy test: the table of docs/policy holds under the level that it names", async () => {
  const project = await open("keys");
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const table = /^```yaml\n(policy: level-1\.yaml\n.*?)^```/ms.exec(read("docs/policy/README.md"))?.[1] ?? "";
  writeFileSync(project.path("level-1.yaml"), read("examples/policies/level-1.yaml"));
  writeFileSync(project.path("policy.test.yaml"), table);
  const { stdout } = succeed("test", await project.line("mreg policy test policy.test.yaml"));
  expect(stdout).toContain("policy.test.yaml: policy example@1, 2 of 2 as expected");
});

test("policy test: another answer than expected ends with 3, and says which", async () => {
  const project = await open("initialised");
  writeFileSync(project.path("t.yaml"), "cases: [{name: bare, version: 1, to: staging, expect: allowed}]\n");
  const run = await project.line("mreg policy test t.yaml");
  expect(run).toMatchObject({ exitCode: 3 });
  expect(run.stdout).toContain("0 of 1 as expected");
  expect(run.stdout).toContain("signature MREG-E101");
});

test("policy except: a signed exception lets a gate warn; check reports it, and ends with 10 when asked", async () => {
  const project = await open("pushed");
  const text = readFileSync(project.path("mreg.policy.yaml"), "utf8");
  writeFileSync(
    project.path("mreg.policy.yaml"),
    `${text}exceptions: {signedBy: [lead], gates: [scan], maxDuration: 30d}\n`,
  );
  for (const line of [
    "sign risk:v1",
    "attach risk:v1 --type card model/README.md",
    "attach risk:v1 --type lineage lineage.yaml",
    "attach risk:v1 --type eval eval.json",
  ]) {
    succeed(line, await project.line(`mreg ${line}`));
  }
  const check = "mreg check risk:v1 --to staging --fail-on-warn --report sarif=out.sarif --report junit=out.xml";
  expect(await project.line(check)).toMatchObject({ exitCode: 3 });
  const except = "mreg policy except risk:v1 --gate scan --ticket OPS-1 --until 7d --reason testing --key";
  expect(await project.line(`${except} mike.key`)).toMatchObject({ exitCode: 4 });
  succeed("except", await project.line(`${except} lea.key`));
  const warned = await project.line(check);
  expect(warned).toMatchObject({ exitCode: 10 });
  expect(warned.stdout).toContain("lea excepts it until");
  expect(readFileSync(project.path("out.sarif"), "utf8")).toContain('"level": "warning"');
  expect(readFileSync(project.path("out.xml"), "utf8")).toContain('failures="0"');
  const promote = "mreg promote risk:v1 --to staging --key mike.key --fail-on-warn --report junit=promoted.xml";
  const withheld = await project.line(promote);
  expect(withheld).toMatchObject({ exitCode: 10 });
  expect(withheld.stdout).toContain("Something only warns, and --fail-on-warn: nothing was written.");
  expect(readFileSync(project.path("promoted.xml"), "utf8")).toContain("lea excepts it until");
  expect((await project.line("mreg log risk --format json")).stdout).toContain('"entries": []');
});
