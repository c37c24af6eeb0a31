import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectAt } from "../support/cli/project.ts";

const fixtures = join(import.meta.dirname, "../fixtures/lineage");

/** No CI variables of whoever runs the tests. */
const quiet = { GITHUB_ACTIONS: "", GITLAB_CI: "", TF_BUILD: "", BUILDKITE: "", CIRCLECI: "" };

it("push --sign collects lineage, impact finds what it affects, and a bill of materials says what went in", async () => {
  const project = await projectAt("initialised");
  try {
    const lock = readFileSync(join(fixtures, "dvc", "dvc.lock"));
    writeFileSync(project.path("dvc.lock"), lock);
    const push = "push risk model --sign --key alice.key --format json";
    const missing = await project.mreg([...push.split(" "), "--lineage", "auto"], { env: quiet });
    expect(missing).toMatchObject({ exitCode: 2, stdout: "" });
    expect(missing.stderr).toMatch(/no run.*--run/s);
    // Nothing was written: it is asked before anything is sent.
    expect((await project.mreg(["list"])).stdout).toMatch(/^no models/);

    const stated = ["--run", "nightly-17", "--commit", "a".repeat(40), "--trained-on", "loans=2026-10"];
    const first = await project.mreg([...push.split(" "), ...stated], { env: quiet });
    expect(first, first.stderr).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(first.stdout)).toMatchObject({ version: "v1", lineage: expect.stringMatching(/^sha256:/) });

    mkdirSync(project.path("tuned"));
    writeFileSync(project.path("tuned", "model.safetensors"), readFileSync(project.path("model", "model.safetensors")));
    writeFileSync(project.path("partial.yaml"), "run: tune-3\nbase_model: {uri: risk:v1}\napi_key: hunter2\n");
    const second = await project.mreg(
      [
        "push",
        "tuned",
        "tuned",
        "--sign",
        "--key",
        "alice.key",
        "--lineage",
        "partial.yaml",
        "--commit",
        "b".repeat(40),
      ],
      { env: quiet },
    );
    expect(second, second.stderr).toMatchObject({ exitCode: 0 });

    const impact = await project.mreg(["lineage", "impact", "--dataset", "loans", "--format", "json"]);
    expect(JSON.parse(impact.stdout)).toMatchObject({
      affected: [
        { name: "risk", version: "v1", path: ["dataset:loans@2026-10", "risk:v1"] },
        { name: "tuned", version: "v1", path: ["dataset:loans@2026-10", "risk:v1", "tuned:v1"] },
      ],
      checked: 2,
      unknown: [],
    });
    const shown = await project.mreg(["lineage", "show", "tuned:v1", "--key", "alice.pub"]);
    expect(shown.stdout).toMatch(/tune-3.*data\/raw\.csv.*found in dvc\.lock.*base model\s+risk:v1/s);

    const sbom = await project.mreg(["sbom", "tuned:v1"]);
    const document = JSON.parse(sbom.stdout);
    expect(document).toMatchObject({
      bomFormat: "CycloneDX",
      metadata: { component: { name: "tuned", version: "v1" } },
    });
    expect(sbom.stdout).toContain("data/raw.csv");
    expect(sbom.stdout).not.toContain("hunter2");
    expect(sbom.stdout).not.toContain(project.path());
  } finally {
    project.remove();
  }
});
