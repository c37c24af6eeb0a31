import { expect, onTestFinished, test } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";

test("promote --slot: serves a version beside the main one, until the slot is emptied", async () => {
  const project = await projectAt("serving");
  onTestFinished(() => project.remove());
  const run = async (line: string) => succeed(line, await project.line(`mreg ${line}`)).stdout;
  const assign = async (flags: string) => {
    await run("approve risk:v1 --to production --kind assign --key lea.key");
    return run(`promote risk:v1 --to production ${flags} --key mike.key`);
  };
  await assign("--slot canary --weight 10");
  expect(await run("resolve risk@production/canary")).toBe(await run("resolve risk:v1"));
  expect(await run("status risk")).toContain("canary");
  expect(await run("promote risk:v1 --to production --slot main --key mike.key")).toContain("It was there already");
  await assign("--slot canary --weight 0");
  expect(await project.line("mreg resolve risk@production/canary")).toMatchObject({ exitCode: 5 });
});
