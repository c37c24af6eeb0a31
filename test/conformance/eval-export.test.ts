import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  draftEvidence,
  type Eval,
  type EvalStatement,
  toEveryEvalEver,
  toModelIndex,
} from "../../src/evidence/index.ts";
import { parseDigest } from "../../src/oci/digest.ts";
import { evalVectors, everyEvalEverSchema, vectorFiles, vectorsAbsent } from "../support/eval/vectors.ts";
import { digestFull, draftOf, now } from "../support/evidence.ts";

const model = { name: "ml/risk", reference: `registry.example.com/ml/risk@${digestFull("a")}`, now };
const statementOf = (result: Eval): EvalStatement => ({
  digest: parseDigest(digestFull("b")),
  signer: "ci@example.com",
  result,
});

const result: Eval = {
  evaluatedAt: "2026-11-01T12:00:00Z",
  startedAt: "2026-11-01T11:00:00Z",
  environment: "offline",
  origin: "executed",
  suite: { name: "risk/core", version: "2026Q4" },
  results: [
    { task: "loans", metric: "auc", value: "0.71000000000000000001", stderr: "0.0090", n: 100, higherIsBetter: true },
    { task: "loans", metric: "auc", slice: "age<25", value: "0.7", n: 9, higherIsBetter: true, split: "test" },
    {
      task: "gsm8k",
      metric: "loss",
      filter: "strict",
      value: "-0.50",
      higherIsBetter: false,
      dataset: { uri: "hf://datasets/openai/gsm8k", annotations: { name: "main", revision: "abc" } },
    },
    { task: "web", metric: "acc", value: "1", higherIsBetter: true, dataset: { uri: "https://example.com/d" } },
  ],
  claims: [],
  partial: true,
  dataset: { uri: "loans-2026", digest: { sha256: "c".repeat(64) } },
  harness: { name: "own", version: "2" },
  seeds: { random: "7" },
  evidence: [],
};

describe("eval export: every-eval-ever", () => {
  const read = (text: string) => draftOf("eval", "eee.json", text).predicate as unknown as Eval;

  it("keeps every digit, and is read back as what it was", () => {
    const text = toEveryEvalEver(statementOf(result), model);
    expect(text).toContain('"score": 0.71000000000000000001');
    const back = read(text);
    const kept = ({ task, metric, filter, slice, value, stderr, n, higherIsBetter }: Eval["results"][number]) => ({
      ...{ task, metric, filter, slice, value, stderr, n, higherIsBetter },
    });
    expect(back.results.map(kept)).toEqual(result.results.map(kept));
    expect(back).toMatchObject({ evaluatedAt: result.evaluatedAt, harness: { name: "own", version: "2" } });
    expect(back.results[2]?.dataset).toEqual({ uri: "hf://datasets/openai/gsm8k" });
  });

  it("meets the published schema, also for real results", (context) => {
    const absent = vectorsAbsent();
    if (absent) context.skip(absent);
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats.default(ajv);
    const { version: _, ...schema } = JSON.parse(readFileSync(everyEvalEverSchema, "utf8"));
    const validate = ajv.compile(schema);
    const real = Object.values(evalVectors).map((path) => {
      const input = { files: vectorFiles(path), now };
      const hasTime = !/helm|every/.test(path);
      return draftEvidence("eval", hasTime ? input : { ...input, observedAt: "2026-11-01T00:00:00Z" }).predicate;
    });
    for (const one of [result, ...(real as unknown as Eval[])]) {
      const document = JSON.parse(toEveryEvalEver(statementOf(one), model));
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    }
    expect(validate({})).toBe(false);
  });
});

describe("eval export: model-index", () => {
  it("sorts overall results by task, and is read back", () => {
    const text = toModelIndex([statementOf(result)], model, "tabular-classification");
    const [index] = parse(text)["model-index"];
    expect(index.name).toBe("risk");
    expect(index.results).toHaveLength(3);
    expect(index.results[0]).toEqual({
      task: { type: "tabular-classification" },
      dataset: { type: "loans-2026", name: "loans" },
      metrics: [{ type: "auc", value: 0.71, name: "loans.auc" }],
      source: { name: "mreg risk/core@2026Q4", url: model.reference },
    });
    expect(index.results[1].dataset).toEqual({ type: "openai/gsm8k", name: "gsm8k", config: "main", revision: "abc" });
    const card = `---\n${text}---\n# Risk\n`;
    const back = draftOf("eval", "README.md", card, { observedAt: "2026-11-01T00:00:00Z" })
      .predicate as unknown as Eval;
    expect(back.results.map(({ metric, value }) => [metric, value])).toEqual([
      ["auc", "0.71"],
      ["loss", "-0.5"],
      ["acc", "1"],
    ]);
  });

  it("keeps what a statement says within its place", () => {
    const hostile = "x\n---\nlicense: mit\u009b";
    const [first] = result.results;
    const text = toModelIndex(
      [statementOf({ ...result, results: [{ ...(first as Eval["results"][number]), task: hostile }] })],
      model,
    );
    expect(parse(text)["model-index"][0].results[0].dataset.name).toBe(hostile);
    expect(text).not.toMatch(/^(?:---|license)/m);
  });
});
