import { describe, expect, it } from "vitest";
import { redacted, redactSecrets } from "./redaction.ts";

describe("redactSecrets", () => {
  it.each([
    ["HF_TOKEN", "hf_abc"],
    ["wandb_api_key", "abc"],
    ["apiKey", "abc"],
    ["APIKEY", "abc"],
    ["db.password", "123456"],
    ["passwd", "x"],
    ["AWS_SECRET_ACCESS_KEY", "x"],
    ["AWS_SECRET_ACCESS_KEY_ID", "x"],
    ["clientSecret", "x"],
    ["Authorization", "Bearer x"],
    ["credentials", { user: "x" }],
    ["tokens", ["x"]],
  ])("takes out %s", (name, value) => {
    expect(redactSecrets({ outer: [{ [name]: value }] })).toEqual({
      value: { outer: [{ [name]: redacted }] },
      isRedacted: true,
    });
  });

  it.each([
    `ghp_${"a".repeat(36)}`,
    `github_pat_${"a".repeat(60)}`,
    `glpat-${"a".repeat(20)}`,
    `hf_${"a".repeat(34)}`,
    `xoxb-${"1".repeat(12)}`,
    `AKIA${"A".repeat(16)}`,
    `eyJ${"a".repeat(20)}.${"b".repeat(20)}.${"c".repeat(20)}`,
  ])("takes out a token wherever it stands: %.8s…", (token) => {
    const { value, isRedacted } = redactSecrets({ args: ["--login", `x=${token};`] });
    expect([value, isRedacted]).toEqual([{ args: ["--login", `x=${redacted};`] }, true]);
  });

  it("leaves alone what only begins like one", () => {
    const texts = ["hf_hub", "AKIA", "risk-model", "eyJ.a.b", "task-specific-tuning-of-a-large-language-model"];
    expect(redactSecrets(texts)).toEqual({ value: texts, isRedacted: false });
  });

  it.each([
    { key: "api_key", value: "hunter2" },
    { name: "HF_TOKEN", value: "hunter2" },
  ])("takes the value out of a pair: %o", (pair) => {
    expect(redactSecrets([pair])).toEqual({ value: [{ ...pair, value: redacted }], isRedacted: true });
    expect(redactSecrets([{ key: "C", value: "1.0" }]).isRedacted).toBe(false);
  });

  it.each([
    ["max_tokens", "512"],
    ["max_tokens", 512],
    ["num_key_value_heads", "8"],
    ["tokenizer", "bert"],
    ["keyword", "x"],
    ["monkey", "x"],
    ["use_auth_token", true],
    ["HF_TOKEN", ""],
    ["uri", "s3://bucket/key?versionId=7"],
    ["repo", "ssh://git@git.example/risk"],
    ["text", "see https://example.com/a@b and c"],
  ])("leaves %s: %s", (name, value) => {
    expect(redactSecrets({ [name]: value })).toEqual({ value: { [name]: value }, isRedacted: false });
  });

  it.each([
    ["https://user:pass@host/path", "https://host/path"],
    ["https://ghp_token@host/x", "https://host/x"],
    ["postgres://u:p%40@db:5432/x", "postgres://db:5432/x"],
    ["https://u:p@ss@host", "https://host"],
    ["ssh://git:pw@host/x", "ssh://git@host/x"],
    ["https://b/x?X-Amz-Signature=abc&versionId=3", `https://b/x?X-Amz-Signature=${redacted}&versionId=3`],
    ["run --url https://u:p@h/x --n 3", "run --url https://h/x --n 3"],
  ])("cleans %s", (from, to) => {
    expect(redactSecrets([from])).toEqual({ value: [to], isRedacted: true });
  });
});
