import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectAt, succeed } from "../support/cli/project.ts";
import type { Workspace } from "../support/cli/workspace.ts";
import { evalSamples } from "../support/eval/samples.ts";

/** Plans, results of other tools, exports and cards: what a user sees of them. */
let project: Workspace;
beforeAll(async () => {
  project = await projectAt("pushed");
});
afterAll(() => project.remove());

const mreg = async (...args: string[]) => succeed(args.join(" "), await project.mreg(args)).stdout;
const json = async (...args: string[]) =>
  JSON.parse(await mreg(...args, "--format", "json")) as Record<string, unknown>;
const write = (directory: string, sample: keyof typeof evalSamples) => {
  mkdirSync(project.path(directory), { recursive: true });
  for (const { path, bytes } of evalSamples[sample]?.files ?? []) writeFileSync(project.path(directory, path), bytes);
};
const withKey = ["--key", "alice.key"];

test("a plan, a run that carries it out, and the export of its numbers", async () => {
  writeFileSync(
    project.path("plan.yaml"),
    "suite: loans\nversion: 2026Q4\nmetrics:\n- {task: loans, metric: auc, comparator: '>=', threshold: 0.9}\n",
  );
  const plan = await json("attach", "risk:v1", "--type", "eval-plan", "plan.yaml", ...withKey);
  expect(plan).toMatchObject({ type: "eval-plan", predicateType: "https://mreg.dev/eval-plan/v1" });
  const flags = ["--suite", "loans@2026Q4", "--observed-at", "now", "--map", "task==loans", "--map", "value:auc=AUC"];
  const attach = ["attach", "risk:v1", "--type", "eval", "metrics.csv", ...flags, ...withKey];
  await mreg(...attach, "--plan", String(plan["statement"]), "--seed", "random=7", "--map", "n=samples");

  const text = await mreg(
    "eval",
    "export",
    "risk:v1",
    "--as",
    "every-eval-ever",
    "--suite",
    "loans",
    "--key",
    "alice.pub",
  );
  expect(JSON.parse(text)).toMatchObject({
    schema_version: "0.3.0",
    source_metadata: { additional_details: { suite_version: "2026Q4", seed_random: "7" } },
    evaluation_results: [
      { evaluation_name: "loans", score_details: { score: 0.9482, uncertainty: { num_samples: 1200 } } },
    ],
  });
  const stranger = await project.mreg(["eval", "export", "risk:v1", "--as", "model-index", "--key", "lea.pub"]);
  expect(stranger).toMatchObject({ exitCode: 5, stderr: expect.stringContaining("no verified evaluation") });
});

test("a run directory of HELM and an archive of Inspect AI, exported into a directory", async () => {
  write("helm", "HELM");
  write("logs", "Inspect AI, archive");
  await mreg("attach", "risk:v1", "--type", "eval", "helm", ...withKey);
  await mreg("attach", "risk:v1", "--type", "eval", "logs/log.eval", ...withKey);
  const exporting = ["eval", "export", "risk:v1", "--as", "every-eval-ever", "--key", "alice.pub", "-o", "out"];
  await mreg(...exporting);
  const names = readdirSync(project.path("out"));
  expect(names.filter((name) => /^(?:capitals|mmlu-subject-law)-[0-9a-f]{12}\.json$/.test(name))).toHaveLength(2);
  const [name = ""] = names.filter((one) => one.startsWith("capitals"));
  expect(readFileSync(project.path("out", name), "utf8")).toContain('"score": 0.6666666666666666');
  expect(await project.mreg(exporting)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("there already"),
  });
});

test("what cannot be told is asked for, with the flag that says it", async () => {
  writeFileSync(project.path("odd.json"), '{"accuracy": 0.9, "gloss": 1}');
  const odd = await project.mreg(["attach", "risk:v1", "--type", "eval", "odd.json", ...withKey]);
  expect(odd.exitCode).toBe(2);
  for (const flag of ["--suite", "--observed-at", "--direction gloss="]) expect(odd.stderr).toContain(flag);
  writeFileSync(project.path("note.txt"), "it went well\n");
  const note = await project.mreg(["attach", "risk:v1", "--type", "eval", "note.txt", ...withKey]);
  expect(note).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--map value=<column>") });
  mkdirSync(project.path("empty"));
  const empty = await project.mreg(["attach", "risk:v1", "--type", "eval", "empty", ...withKey]);
  expect(empty).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("there is no file in") });
});

test("card init writes once, and card lint ends with 10 only when asked to", async () => {
  expect(await json("card", "init", "model", "-o", "NEW.md")).toMatchObject({ file: "NEW.md", source: "model" });
  expect(readFileSync(project.path("NEW.md"), "utf8")).toMatch(/^\| format \| safetensors \|$/m);
  expect(await project.mreg(["card", "init", "-o", "NEW.md"])).toMatchObject({ exitCode: 2 });
  const lint = await json("card", "lint", "NEW.md");
  expect(lint).toMatchObject({ format: "hf-readme", score: { of: 8 } });
  expect(await project.mreg(["card", "lint", "NEW.md", "--fail-on-warn"])).toMatchObject({
    exitCode: 10,
    stdout: expect.stringMatching(/NEW\.md:[0-9]+: riskClass is there and says nothing/),
  });
  expect(await project.mreg(["card", "lint", "model/README.md", "--fail-on-warn"])).toMatchObject({ exitCode: 0 });
  const required = await project.mreg(["card", "lint", "NEW.md", "--fail-on-warn", "--require", "riskclass"]);
  expect(required).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--require names") });
});
