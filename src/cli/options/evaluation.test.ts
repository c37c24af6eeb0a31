import { describe, expect, it } from "vitest";
import { evaluationInput } from "./evaluation.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("flags of evaluations", () => {
  it("say nothing when none is given", () => {
    expect(evaluationInput({})).toEqual({});
  });

  it("become the readers' input", () => {
    const input = evaluationInput({
      environment: "canary",
      suite: "risk@core@2026Q4",
      from: "map",
      direction: ["a=b=higher", "loans.loss=ignore"],
      map: ["task==loans", "value:auc=scores.auc"],
      dataset: `s3://bucket/x@y@${digest}`,
      seed: ["random=7"],
      plan: digest,
    });
    expect(input).toEqual({
      environment: "canary",
      suite: { name: "risk@core", version: "2026Q4" },
      eval: {
        format: "map",
        directions: { "a=b": "higher", "loans.loss": "ignore" },
        map: { task: "=loans", "value:auc": "scores.auc" },
        dataset: { uri: "s3://bucket/x@y", digest: { sha256: "a".repeat(64) } },
        seeds: { random: "7" },
        plan: digest,
      },
    });
    expect(evaluationInput({ dataset: "s3://b" }).eval?.dataset).toEqual({ uri: "s3://b" });
  });

  it.each([
    [{ suite: "risk" }, /--suite is "risk", expected <name>@<version>/],
    [{ suite: "risk@" }, /--suite/],
    [{ direction: ["auc=up"] }, /--direction is "auc=up"/],
    [{ direction: ["auc"] }, /--direction/],
    [{ map: ["value"] }, /--map is "value", expected field=place/],
    [{ map: ["value=a", "value=b"] }, /--map names "value" twice/],
    [{ seed: ["=1"] }, /--seed/],
    [{ plan: "sha256:12" }, /digest/],
    [{ dataset: `x@sha256:12` }, /digest/],
  ])("%o is refused", (options, message) => {
    expect(() => evaluationInput(options)).toThrow(message);
  });
});
