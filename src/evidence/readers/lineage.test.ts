import { describe, expect, it } from "vitest";
import { draftOf, refusedWith } from "../../../test/support/evidence.ts";
import type { Provenance } from "../predicates/provenance.ts";

const commit = "1234567890123456789012345678901234567890";
const hex = "ab".repeat(32);

const yaml = `
training_run_id: mlflow:run/42
code:
  repo: https://git.example/risk
  commit: ${commit}
datasets:
  - name: train
    uri: s3://bucket/train
    version: 2026-09
  - name: dev
    digest: sha256:${hex}
base_model: { uri: oci://reg/ml/base, digest: sha256:${hex} }
hyperparameters: { lr: 2e-5, epochs: 3 }
environment: { image: trainer:1 }
started: 2026-09-30T08:00:00+02:00
seed: 42
`;

const read = (content: unknown, path = "lineage.yaml") =>
  draftOf("lineage", path, content).predicate as unknown as Provenance;

/** The same run as an object, with some of it replaced. */
const run = (changes: Record<string, unknown> = {}) => ({
  training_run_id: "42",
  code: { repo: "https://git.example/risk", commit },
  datasets: [{ name: "train", version: "1" }],
  ...changes,
});

describe("lineage", () => {
  it("writes a YAML run as SLSA provenance, every scalar as the text it was", () => {
    const { runDetails, buildDefinition } = read(yaml);
    expect(buildDefinition).toEqual({
      buildType: "https://mreg.dev/training/v1",
      externalParameters: { hyperparameters: { lr: "2e-5", epochs: "3" }, seed: "42" },
      internalParameters: { environment: { image: "trainer:1" } },
      resolvedDependencies: [
        { name: "code", uri: "git+https://git.example/risk", digest: { gitCommit: commit } },
        { name: "dataset:train", uri: "s3://bucket/train", annotations: { version: "2026-09" } },
        { name: "dataset:dev", uri: "dev", digest: { sha256: hex } },
        { name: "base-model", uri: "oci://reg/ml/base", digest: { sha256: hex } },
      ],
    });
    expect(runDetails).toMatchObject({
      builder: { id: "https://mreg.dev/builders/declared" },
      metadata: { invocationId: "mlflow:run/42", startedOn: "2026-09-30T06:00:00.000Z" },
      byproducts: [{ name: "lineage.yaml", mediaType: "application/yaml" }],
    });
  });

  it("reads the same from JSON, with numbers as they are written", () => {
    const content = JSON.stringify(run({ hyperparameters: { lr: 5 } })).replace("5}", "2e-5}");
    expect(read(content, "run.json").buildDefinition.externalParameters).toEqual({ hyperparameters: { lr: "2e-5" } });
  });

  it("takes a provenance that is one already", () => {
    const content = {
      buildDefinition: {
        buildType: "https://example.com/train",
        externalParameters: { seed: 42 },
        resolvedDependencies: [
          { uri: "git+https://git.example/risk", digest: { gitCommit: commit } },
          { name: "dataset:train", digest: { sha256: hex } },
        ],
      },
      runDetails: { builder: { id: "https://ci" }, metadata: { invocationId: "7" }, byproducts: [{ name: "log" }] },
    };
    const predicate = read(content, "provenance.json");
    expect(predicate.buildDefinition).toEqual(content.buildDefinition);
    expect(predicate.runDetails.byproducts?.map(({ name }) => name)).toEqual(["log", "provenance.json"]);
  });

  it.each([
    ["the run", { training_run_id: undefined }, ["training_run_id"]],
    ["an empty run", { training_run_id: " " }, ["training_run_id"]],
    ["data sets", { datasets: undefined }, ["datasets[].version"]],
    ["a version of any data set", { datasets: [{ name: "a", version: "1" }, { name: "b" }] }, ["datasets[].version"]],
    ["the commit", { code: { repo: "x" } }, ["code.commit"]],
    [
      "everything",
      { training_run_id: "null", datasets: [], code: undefined },
      ["training_run_id", "datasets[].version", "code.commit"],
    ],
  ])("names what is missing: %s", (_, changes, missing) => {
    const error = refusedWith(() => read(run(changes), "run.json"), "EVIDENCE_INCOMPLETE", /run.json: it lacks/);
    expect(error.missing).toEqual(missing);
  });

  it.each([
    ["a branch for a commit", { code: { commit: "main" } }, /code.commit is "main", expected 40 or 64/],
    ["a short commit", { code: { commit: "1f84a09f" } }, /code.commit is "1f84a09f"/],
    ["code as text", { code: "x" }, /code is not a mapping/],
    ["data sets as text", { datasets: "x" }, /datasets is not a list/],
    ["a data set as text", { datasets: ["x"] }, /datasets\[0\] is not a mapping/],
    ["a data set without a name", { datasets: [{ version: "1" }] }, /datasets\[0\] has neither name nor uri/],
    ["a malformed digest", { datasets: [{ name: "x", digest: "md5:1" }] }, /datasets\[0\].digest is "md5:1"/],
    ["a date without a time", { started: "2026-01-01" }, /started is "2026-01-01", expected RFC 3339/],
    ["a run that is a list", { training_run_id: ["x"] }, /training_run_id is not text/],
  ])("refuses %s", (_, changes, message) => {
    refusedWith(() => read(run(changes), "run.json"), "EVIDENCE_INVALID", message);
  });

  it("refuses what is neither a run nor a provenance", () => {
    refusedWith(() => read("colour: blue\n"), "FORMAT_UNKNOWN", /its keys are colour; expected training_run_id/);
    refusedWith(() => read({ buildDefinition: {} }, "p.json"), "EVIDENCE_INVALID", /buildType/);
  });

  it("takes secrets out and then keeps the file to itself", () => {
    const content = JSON.stringify(
      run({ environment: { HF_TOKEN: "hf_abc" }, code: { repo: "https://ghp_x@git.example/r", commit } }),
    );
    const draft = draftOf("lineage", "run.json", content);
    expect(draft.files).toEqual([]);
    expect(JSON.stringify(draft)).not.toMatch(/hf_abc|ghp_x/);
    const { buildDefinition, runDetails } = draft.predicate as unknown as Provenance;
    expect(buildDefinition.internalParameters).toEqual({ environment: { HF_TOKEN: "[redacted]" } });
    expect(buildDefinition.resolvedDependencies?.[0]?.uri).toBe("git+https://git.example/r");
    expect(runDetails.byproducts).toBeUndefined();
  });
});
