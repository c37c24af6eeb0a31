import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchDirectory, writeTree } from "../../../test/support/scratch.ts";
import { draftLineage } from "../lineage/draft-lineage.ts";
import { lineageOf } from "../lineage/lineage.ts";
import type { Provenance } from "../predicates/provenance.ts";
import { ciCollector } from "./ci.ts";
import { collectFindings } from "./collect-lineage.ts";
import { dvcCollector } from "./dvc.ts";
import type { Collector, Place } from "./finding.ts";
import { gitCollector } from "./git.ts";
import { huggingFaceCollector } from "./hugging-face.ts";
import { mlflowCollector } from "./mlflow.ts";
import { pythonEnvironmentCollector } from "./python-environment.ts";
import { wandbCollector } from "./wandb.ts";

const fixtures = join(import.meta.dirname, "../../../test/fixtures/lineage");
const commit = "8d5f1a7c0e3b4f6a9d2c1b0e7f8a6d5c4b3a2910";

const placeAt = (directory: string, env: Place["env"] = {}): Place => ({ directories: [directory], env });

/** A directory with files. */
async function directoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await scratchDirectory();
  await writeTree(root, files);
  return root;
}

async function only(collector: Collector, place: Place) {
  const findings = await collector.collect(place);
  expect(findings).toHaveLength(1);
  return findings[0] as NonNullable<(typeof findings)[number]>;
}

describe("dvc", () => {
  it("takes what the pipeline starts from, and its parameters", async () => {
    const { source, facts } = await only(dvcCollector, placeAt(join(fixtures, "dvc")));
    expect(source).toBe("dvc.lock");
    expect(facts.datasets?.map(({ name, version }) => [name, version])).toEqual([
      ["data/raw.csv", "md5:e5ebd4c02cefbe7955977c67ada242b7"],
      ["data/images", "md5:f437247ec66d73ba66b0ade0246fcb49.dir"],
    ]);
    expect(facts.datasets?.[0]?.digest).toEqual({ md5: "e5ebd4c02cefbe7955977c67ada242b7" });
    expect(facts.parameters).toEqual({
      hyperparameters: { "train.epochs": "3", "train.lr": "2e-05" },
      pipeline: "prepare, train",
    });
  });

  it("takes pointers where there is no pipeline", async () => {
    const findings = await dvcCollector.collect(placeAt(join(fixtures, "dvc", "data")));
    expect(findings.map(({ source, facts }) => [source, facts.datasets?.[0]?.name])).toEqual([
      ["images.dvc", "images"],
      ["raw.csv.dvc", "raw.csv"],
    ]);
  });
});

describe("mlflow", () => {
  it("takes run, times, code, data sets and parameters of the newest local run", async () => {
    const { source, facts } = await only(mlflowCollector, placeAt(join(fixtures, "mlflow")));
    expect(source).toMatch(/^mlruns\/\d+\/[0-9a-f]{32}$/);
    expect(facts).toMatchObject({
      run: expect.stringMatching(/^mlflow:run\/[0-9a-f]{32}$/),
      started: expect.stringMatching(/^2026-/),
      code: { repo: "https://git.example.com/risk/train.git", branch: "main" },
      datasets: [{ name: "loans", uri: "data/raw.csv", version: "mlflow:2981c147" }],
      parameters: { entryPoint: "m.py", hyperparameters: { lr: "2e-05", epochs: "3" } },
    });
  });

  it("finds nothing of a run that MLFLOW_RUN_ID does not name", async () => {
    const place = placeAt(join(fixtures, "mlflow"), { MLFLOW_RUN_ID: "0".repeat(32) });
    expect(await mlflowCollector.collect(place)).toEqual([]);
  });
});

describe("wandb", () => {
  it("takes run, time, code, settings and machine, and nothing of whose machine", async () => {
    const { facts } = await only(wandbCollector, placeAt(join(fixtures, "wandb")));
    expect(facts).toMatchObject({
      run: "wandb:run/kg612ez4",
      started: "2026-10-17T06:00:00.123Z",
      code: { commit },
      environment: { python: "CPython 3.12.4", gpu: "NVIDIA H200" },
      parameters: { entryPoint: "train.py", hyperparameters: { lr: "2e-05", epochs: "3" } },
    });
    const { code: _, parameters: __, ...rest } = facts;
    expect(JSON.stringify(rest)).not.toMatch(/ann|gpu-17|hunter2|\/home/);
  });

  it("knows the id of an offline run alone", async () => {
    const root = await directoryWith({ "wandb/offline-run-20261121_153133-kg612ez4/files/requirements.txt": "" });
    symlinkSync("offline-run-20261121_153133-kg612ez4", join(root, "wandb", "latest-run"));
    const { facts } = await only(wandbCollector, placeAt(root));
    expect(facts).toMatchObject({ run: "wandb:run/kg612ez4", started: undefined });
  });
});

describe("hugging-face", () => {
  it("takes base model, settings and data sets, and never opens a pickle", async () => {
    const root = await directoryWith({
      "adapter_config.json": `{"base_model_name_or_path":"example/base","revision":"${commit}"}`,
      "trainer_state.json": '{"num_train_epochs":3,"max_steps":12,"log_history":[{"loss":0.1}]}',
      "README.md": "---\nbase_model: /home/ann/base\ndatasets: [example/loans]\n---\n",
      "training_args.bin": "\x80\x02cos\nsystem\n",
    });
    const findings = await huggingFaceCollector.collect(placeAt(root));
    expect(findings.map(({ source }) => source)).toEqual(["adapter_config.json", "trainer_state.json", "README.md"]);
    expect(findings[0]?.facts.baseModel).toEqual({
      uri: "hf://example/base",
      revision: commit,
      digest: { gitCommit: commit },
    });
    expect(findings[1]?.facts.parameters).toEqual({ hyperparameters: { num_train_epochs: "3", max_steps: "12" } });
    expect(findings[2]?.facts).toEqual({ datasets: [{ name: "example/loans", uri: "hf://datasets/example/loans" }] });
  });
});

describe("python", () => {
  it.each([
    ["uv.lock", '[[package]]\nname = "torch"\nversion = "2.9.0"\n\n[[package]]\nname = "Flask"\nversion = "3"\n'],
    ["requirements.txt", "Torch==2.9.0 --hash=sha256:00\nflask==3\n"],
    ["environment.yml", "dependencies:\n  - torch=2.9.0\n"],
    ["conda-lock.yml", "package:\n- name: torch\n  version: 2.9.0\n"],
  ])("names %s by digest, and the frameworks by version", async (name, text) => {
    const { source, facts } = await only(pythonEnvironmentCollector, placeAt(await directoryWith({ [name]: text })));
    expect(source).toBe(name);
    expect(facts.environment).toEqual({ packages: { torch: "2.9.0" } });
    expect(facts.materials).toMatchObject([{ uri: name, digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } }]);
  });

  it("gives no digest of a file with a password in it", async () => {
    const text = "--extra-index-url https://ann:s3cret@pypi.example.com/simple\ntorch==2.9.0\n";
    const { facts } = await only(
      pythonEnvironmentCollector,
      placeAt(await directoryWith({ "requirements.txt": text })),
    );
    expect(facts.materials).toEqual([{ name: "environment", uri: "requirements.txt", digest: undefined }]);
  });
});

describe("ci", () => {
  const github = {
    GITHUB_ACTIONS: "true",
    GITHUB_SERVER_URL: "https://github.example.com",
    GITHUB_REPOSITORY: "org/ml",
    GITHUB_RUN_ID: "17",
    GITHUB_SHA: commit,
    GITHUB_REF: "refs/heads/main",
    GITHUB_TOKEN: "secret",
  };
  it.each([
    ["GitHub Actions", github, "https://github.example.com/org/ml/actions/runs/17/attempts/1"],
    [
      "GitLab CI",
      { GITLAB_CI: "true", CI_JOB_URL: "https://gl.example.com/-/jobs/1", CI_COMMIT_SHA: commit },
      "https://gl.example.com/-/jobs/1",
    ],
    [
      "Jenkins",
      { JENKINS_URL: "https://j", BUILD_URL: "https://j.example.com/1/", GIT_COMMIT: commit },
      "https://j.example.com/1/",
    ],
    [
      "Buildkite",
      {
        BUILDKITE: "true",
        BUILDKITE_BUILD_URL: "https://bk.example.com/1",
        BUILDKITE_JOB_ID: "a",
        BUILDKITE_COMMIT: commit,
      },
      "https://bk.example.com/1#a",
    ],
    [
      "CircleCI",
      { CIRCLECI: "true", CIRCLE_BUILD_URL: "https://c.example.com/1", CIRCLE_SHA1: commit },
      "https://c.example.com/1",
    ],
    [
      "Azure Pipelines",
      {
        TF_BUILD: "True",
        SYSTEM_COLLECTIONURI: "https://az.example.com/o/",
        SYSTEM_TEAMPROJECT: "p",
        BUILD_BUILDID: "9",
        BUILD_SOURCEVERSION: commit,
      },
      "https://az.example.com/o/p/_build/results?buildId=9",
    ],
    [
      "Bitbucket Pipelines",
      {
        BITBUCKET_BUILD_NUMBER: "9",
        BITBUCKET_GIT_HTTP_ORIGIN: "https://bb.example.com/o/r",
        BITBUCKET_COMMIT: commit,
      },
      "https://bb.example.com/o/r/pipelines/results/9",
    ],
  ])("knows the job and commit of %s", async (name, env, run) => {
    const { source, facts } = await only(ciCollector, { directories: [], env });
    expect(source).toContain(name);
    expect(facts).toMatchObject({ run, code: { commit }, environment: { ci: { system: name } } });
    expect(JSON.stringify(facts)).not.toContain("secret");
  });

  it("finds nothing elsewhere", async () => {
    expect(await ciCollector.collect({ directories: [], env: { GITHUB_SHA: commit } })).toEqual([]);
  });
});

/** A repository with one commit; skipped where there is no git. */
async function repository() {
  const root = await directoryWith({ "train.py": "print(1)\n" });
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...args: readonly string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8", env }).trim();
  git("init", "-q", "-b", "feature/x");
  git("add", ".");
  git("-c", "user.name=ann", "-c", "user.email=ann@example.com", "commit", "-qm", "first");
  git("remote", "add", "origin", "https://ann:s3cret@git.example.com/risk/train.git?token=x");
  return { root, git };
}

describe("git", () => {
  const path = { PATH: process.env["PATH"] };

  it("takes commit, branch, remote without credentials, and whether files changed", async () => {
    const { root, git } = await repository();
    mkdirSync(join(root, "model"));
    const clean = await only(gitCollector, placeAt(join(root, "model"), path));
    expect(clean.facts.code).toEqual({
      commit: git("rev-parse", "HEAD"),
      branch: "refs/heads/feature/x",
      repo: "https://git.example.com/risk/train.git",
      isDirty: false,
    });
    writeFileSync(join(root, "train.py"), "print(2)\n");
    expect((await only(gitCollector, placeAt(root, path))).facts.code?.isDirty).toBe(true);
    git("add", ".");
    expect((await only(gitCollector, placeAt(root, path))).facts.code?.isDirty).toBe(true);
  });

  it("reads packed branches, and commits without a branch", async () => {
    const { root, git } = await repository();
    git("pack-refs", "--all");
    expect((await only(gitCollector, placeAt(root, path))).facts.code?.branch).toBe("refs/heads/feature/x");
    git("checkout", "-q", "--detach");
    const { code } = (await only(gitCollector, placeAt(root, path))).facts;
    expect(code).toMatchObject({ commit: git("rev-parse", "HEAD"), isDirty: false });
    expect(code?.branch).toBeUndefined();
  });

  it("runs nothing that the repository's configuration names", async () => {
    const { root, git } = await repository();
    const trap = join(root, "trap.sh");
    const sprung = join(root, "sprung");
    writeFileSync(trap, `#!/bin/sh\ntouch '${sprung}'\ncat\n`);
    chmodSync(trap, 0o755);
    for (const key of ["core.fsmonitor", "filter.x.clean", "filter.x.process", "core.sshCommand", "diff.external"])
      git("config", key, trap);
    git("config", "core.hooksPath", root);
    writeFileSync(join(root, ".gitattributes"), "* filter=x\n");
    writeFileSync(join(root, "train.py"), "print(3)\n");
    const { facts } = await only(gitCollector, placeAt(root, path));
    expect(facts.code?.isDirty).toBe(true);
    expect(() => execFileSync("ls", [sprung], { stdio: "ignore" })).toThrow();
    // The trap works: git by itself steps into it.
    execFileSync("git", ["status"], { cwd: root, stdio: "ignore" });
    expect(() => execFileSync("ls", [sprung], { stdio: "ignore" })).not.toThrow();
  });

  it("knows the commit also where there is no git program", async () => {
    const { root } = await repository();
    const { code } = (await only(gitCollector, placeAt(root, { PATH: "/nonexistent" }))).facts;
    expect(code?.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(code?.isDirty).toBeUndefined();
  });

  it.each([
    ["ref: refs/heads/../../../secret", "a way up"],
    ["ref: /etc/passwd", "an absolute path"],
    ["8d5f1a7", "a short commit"],
    ["", "nothing"],
  ])("finds nothing behind %j: %s", async (head) => {
    const root = await directoryWith({ ".git/HEAD": head, ".git/config": "" });
    expect(await gitCollector.collect(placeAt(root, path))).toEqual([]);
  });
});

describe("collected lineage", () => {
  const place = (): Place => ({
    directories: [join(fixtures, "wandb"), join(fixtures, "dvc")],
    env: {
      GITHUB_ACTIONS: "true",
      GITHUB_SHA: "f".repeat(40),
      GITHUB_RUN_ID: "17",
      GITHUB_SERVER_URL: "https://github.example.com",
      GITHUB_REPOSITORY: "org/ml",
    },
  });
  const provenanceOf = (draft: { predicate: object } | undefined) => draft?.predicate as Provenance;

  it("says of every fact where it comes from, and keeps secrets out", async () => {
    const { draft, missing, notes } = await draftLineage({ place: place() });
    expect(missing).toEqual([]);
    const provenance = provenanceOf(draft);
    expect(lineageOf(provenance)).toMatchObject({ run: "wandb:run/kg612ez4", code: { commit } });
    const { resolvedDependencies = [], internalParameters, externalParameters } = provenance.buildDefinition;
    expect(resolvedDependencies.map(({ name, annotations }) => [name, annotations?.["source"]])).toEqual([
      ["code", "wandb/run-20261017_060000-kg612ez4"],
      ["dataset:data/raw.csv", "dvc.lock"],
      ["dataset:data/images", "dvc.lock"],
    ]);
    expect(resolvedDependencies[0]?.uri).toBe("git+https://git.example.com/risk/train.git");
    expect(internalParameters?.["collected"]).toContainEqual({
      field: "run",
      source: "wandb/run-20261017_060000-kg612ez4",
    });
    expect(externalParameters["hyperparameters"]).toMatchObject({ api_key: "[redacted]", lr: "2e-05" });
    expect(JSON.stringify(draft)).not.toMatch(/hunter2|s3cret/);
    expect(notes.join("\n")).toMatch(/code: wandb.* is taken; env of GitHub Actions .* says f+/);
  });

  it("lets the user's word decide, then the file's", async () => {
    const file = { path: "lineage.yaml", bytes: Buffer.from("training_run_id: mine\nhyperparameters: {lr: 1e-3}\n") };
    const overrides = {
      commit: "a".repeat(40),
      datasets: ["loans=2026-10"],
      baseModel: `oci://r.example.com/base@sha256:${"b".repeat(64)}`,
    };
    const { draft } = await draftLineage({ place: place(), overrides, file });
    const lineage = lineageOf(provenanceOf(draft));
    expect(lineage).toMatchObject({ run: "mine", code: { commit: "a".repeat(40) } });
    expect(lineage.datasets).toContainEqual({ name: "loans", version: "2026-10" });
    expect(provenanceOf(draft).buildDefinition.externalParameters["hyperparameters"]).toMatchObject({
      lr: "1e-3",
      epochs: "3",
    });
    expect(provenanceOf(draft).runDetails.byproducts).toMatchObject([{ name: "lineage.yaml" }]);
  });

  it("makes no statement of what is incomplete", async () => {
    const { draft, missing } = await draftLineage({ place: placeAt(join(fixtures, "dvc")) });
    expect(draft).toBeUndefined();
    expect(missing).toContain("run");
  });

  it("says what it cannot read, and goes on", async () => {
    const root = await directoryWith({
      "dvc.lock": "a: [",
      "trainer_state.json": '{"max_steps":1}',
      "adapter_config.json": "\x00",
      mlruns: "no directory",
    });
    const { findings, problems } = await collectFindings(placeAt(root));
    expect(problems.map((line) => line.split(":")[0]).sort()).toEqual(["dvc", "hugging-face"]);
    expect(findings.map(({ source }) => source)).not.toContain("dvc.lock");
  });

  it.each([{ commit: "main" }, { datasets: ["loans"] }, { datasets: ["=1"] }])("refuses %o", async (overrides) => {
    await expect(draftLineage({ place: place(), overrides })).rejects.toMatchObject({ code: "EVIDENCE_INVALID" });
  });
});
