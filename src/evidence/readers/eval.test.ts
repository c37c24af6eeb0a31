import { describe, expect, it } from "vitest";
import { draftOf, fileOf, now, refusedWith } from "../../../test/support/evidence.ts";
import { digestHex, digestOf } from "../../base/digest.ts";
import { draftEvidence } from "../draft.ts";
import type { EvidenceInput } from "../evidence-input.ts";
import type { Eval } from "../predicates/eval.ts";

const read = (content: unknown, options: Partial<EvidenceInput> = {}) =>
  draftOf("eval", "results.json", content, options).predicate as unknown as Eval;

/** What lm-evaluation-harness writes, with some of it replaced. */
const harness = (changes: Record<string, unknown> = {}) => ({
  results: { arc_easy: { alias: "arc_easy", sample_len: 2376, "acc,none": 0.71, "acc_stderr,none": 0.009 } },
  group_subtasks: { arc_easy: [] },
  versions: { arc_easy: 1.0 },
  "n-shot": { arc_easy: 0 },
  higher_is_better: { arc_easy: { acc: true } },
  "n-samples": { arc_easy: { original: 2376, effective: 2376 } },
  config: { model: "hf", limit: null },
  git_hash: "1f84a09f",
  date: 1768964383.8593218,
  lm_eval_version: "0.4.9.2",
  ...changes,
});

const results = (row: Record<string, unknown>) => harness({ results: { arc_easy: row } });

describe("eval: lm-evaluation-harness", () => {
  it("reads a run over one task", () => {
    const bytes = Buffer.from(JSON.stringify(harness()));
    expect(read(bytes)).toEqual({
      evaluatedAt: "2026-01-21T02:59:43Z",
      startedAt: "2026-01-21T02:59:43Z",
      environment: "offline",
      origin: "imported",
      suite: { name: "arc_easy", version: "1-0shot" },
      results: [{ task: "arc_easy", metric: "acc", value: "0.71", stderr: "0.009", n: 2376, higherIsBetter: true }],
      claims: [],
      partial: false,
      harness: { name: "lm_eval", version: "0.4.9.2" },
      evidence: [
        { name: "results.json", mediaType: "application/json", digest: { sha256: digestHex(digestOf(bytes)) } },
      ],
    });
  });

  it("keeps the digits of the file, not those of a double", () => {
    const text = JSON.stringify(harness()).replace("0.71", "0.71000000000000000001").replace("0.009", "9.0e-3");
    expect(read(text).results[0]).toMatchObject({ value: "0.71000000000000000001", stderr: "0.0090" });
  });

  it("keeps filters apart and drops a standard error that is N/A", () => {
    const row = { "acc,strict": 0.5, "acc_stderr,strict": "N/A", "acc,none": 0.6 };
    expect(read(results(row)).results).toEqual([
      { task: "arc_easy", metric: "acc", filter: "strict", value: "0.5", n: 2376, higherIsBetter: true },
      { task: "arc_easy", metric: "acc", value: "0.6", n: 2376, higherIsBetter: true },
    ]);
  });

  it.each([
    ["a limit", { config: { limit: 10 } }, true],
    ["a limit that is a share", { config: { limit: 0.1 } }, true],
    ["fewer samples", { "n-samples": { arc_easy: { original: 10, effective: 9 } } }, true],
    ["all samples", {}, false],
    ["no counts", { "n-samples": {} }, false],
  ])("tells a partial run by %s", (_, changes, partial) => {
    expect(read(harness(changes)).partial).toBe(partial);
  });

  it("skips the heading of a group, and takes a group's own numbers", () => {
    const changes = {
      results: { mmlu: { " ": " ", alias: "mmlu" }, all: { "acc,none": 0.4 }, law: { "acc,none": 0.5 } },
      group_subtasks: { mmlu: ["law"], all: ["law"] },
      higher_is_better: { law: { acc: true }, all: { acc: true } },
      versions: { law: 1, all: 2 },
    };
    const value = read(harness(changes));
    expect(value.results.map(({ task }) => task)).toEqual(["all", "law"]);
    expect(value.suite).toEqual({ name: "all+law", version: expect.stringMatching(/^mixed-[0-9a-f]{12}$/) });
  });

  it("gives another suite version to another number of examples", () => {
    expect(read(harness({ "n-shot": { arc_easy: 5 } })).suite.version).toBe("1-5shot");
  });

  it("shortens the name of a suite of many tasks, the same for the same tasks", () => {
    const names = Array.from({ length: 60 }, (_, index) => `task_${index}`);
    const of = (list: string[]) =>
      read(
        harness({
          results: Object.fromEntries(list.map((name) => [name, { "acc,none": 1 }])),
          higher_is_better: Object.fromEntries(list.map((name) => [name, { acc: true }])),
        }),
      ).suite.name;
    expect(of(names)).toMatch(/^lm_eval-60-tasks-[0-9a-f]{12}$/);
    expect(of([...names].reverse())).toBe(of(names));
    expect(of([...names.slice(1), "other"])).not.toBe(of(names));
  });

  it("takes environment and suite from the caller", () => {
    const suite = { name: "risk-core", version: "2026Q4" };
    expect(read(harness(), { environment: "shadow", suite })).toMatchObject({ environment: "shadow", suite });
  });

  it("names the harness's commit only when it is a full one", () => {
    expect(read(harness({ git_hash: "a".repeat(40) })).harness?.digest).toEqual({ gitCommit: "a".repeat(40) });
  });

  it.each([
    ["NaN", JSON.stringify(harness()).replace("0.71", "NaN"), /results.json: it holds NaN, expected finite/],
    ["Infinity", JSON.stringify(harness()).replace("0.71", "-Infinity"), /it holds -Infinity/],
    [
      "a number beyond doubles",
      JSON.stringify(harness()).replace("0.71", "1e999"),
      /arc_easy acc: "1e999" is not a finite/,
    ],
    ["a value that is text", results({ "acc,none": "good" }), /acc: "good" is not a finite/],
    ["a value that is no number", results({ "acc,none": [1] }), /acc is \["1"\], expected a finite number/],
    [
      "a bad standard error",
      results({ "acc,none": 1, "acc_stderr,none": "?" }),
      /standard error of arc_easy acc: "\?"/,
    ],
    ["a task without results", results({ alias: "arc_easy" }), /task arc_easy has no results/],
    ["no task", harness({ results: {} }), /there are no results/],
    ["one name twice", results({ "acc,": 1, "acc,none": 1 }), /filter/],
    ["a date in the future", harness({ date: 1900000000 }), /lies in the future/],
    ["a date that is none", harness({ date: -1 }), /is not a time/],
    ["duplicate keys", '{"results":{"a":{"acc,none":1,"acc,none":2}}}', /duplicate key "acc,none"/],
    ["broken JSON", "{", /not valid JSON/],
  ])("refuses %s", (_, content, message) => {
    refusedWith(() => read(content), "EVIDENCE_INVALID", message);
  });

  it("says that the date is missing, and takes the caller's word", () => {
    const error = refusedWith(() => read(harness({ date: undefined })), "EVIDENCE_INCOMPLETE", /--observed-at/);
    expect(error.missing).toEqual(["evaluatedAt"]);
    const observedAt = "2026-11-01T10:00:00+01:00";
    expect(read(harness({ date: undefined }), { observedAt }).evaluatedAt).toBe("2026-11-01T09:00:00Z");
    refusedWith(() => read(harness(), { observedAt }), "EVIDENCE_INVALID", /says that it ran at 2026-01-21.*was asked/);
  });

  it("asks for the direction of a metric that its tasks do not agree on, and of one that nobody knows", () => {
    const mixed = harness({ higher_is_better: { arc_easy: { acc: null } } });
    const error = refusedWith(() => read(mixed), "EVIDENCE_INCOMPLETE", /--direction acc=higher\|lower\|ignore/);
    expect(error.missing).toEqual(["acc"]);
    const unknown = harness({ results: { arc_easy: { "gloss,none": 1 } }, higher_is_better: {} });
    refusedWith(() => read(unknown), "EVIDENCE_INCOMPLETE", /--direction gloss=/);
    expect(read(mixed, { eval: { directions: { acc: "lower" } } }).results[0]?.higherIsBetter).toBe(false);
    expect(read(harness({ higher_is_better: {} })).results[0]?.higherIsBetter).toBe(true);
  });

  it("refuses the caller's word against the file's", () => {
    const work = () => read(harness(), { eval: { directions: { "arc_easy.acc": "lower" } } });
    refusedWith(work, "EVIDENCE_INVALID", /it says that more acc is better, but lower was asked for/);
  });

  it("notes data set, split, seeds and the end of the run", () => {
    const config = { dataset_path: "allenai/ai2_arc", dataset_name: "ARC-Easy", test_split: "test" };
    const more = harness({
      configs: { arc_easy: config },
      config: { random_seed: 0, numpy_seed: 1234, limit: null },
      total_evaluation_time_seconds: "12.9",
    });
    expect(read(more)).toMatchObject({
      finishedAt: "2026-01-21T02:59:55Z",
      seeds: { random: "0", numpy: "1234" },
      results: [
        { split: "test", dataset: { uri: "hf://datasets/allenai/ai2_arc", annotations: { name: "ARC-Easy" } } },
      ],
    });
  });

  it("holds logs of samples against the counts", () => {
    const lines = (count: number) =>
      Array.from({ length: count }, (_, id) => JSON.stringify({ doc_id: id, filter: "none", acc: 1 })).join("\n");
    const draft = (count: number) =>
      draftEvidence("eval", {
        now,
        files: [
          fileOf("results.json", harness({ "n-samples": { arc_easy: { original: 3, effective: 3 } } })),
          fileOf("samples_arc_easy_2026-01-21T03-44-18.458309.jsonl", `${lines(count)}\n`),
        ],
      });
    expect((draft(3).predicate as unknown as Eval).evidence).toHaveLength(2);
    refusedWith(() => draft(2), "EVIDENCE_INVALID", /holds 2 documents of arc_easy, and the results count 3/);
    refusedWith(() => draft(4), "EVIDENCE_INVALID", /more than 3/);
  });
});

const plain = (changes: Record<string, unknown> = {}) => ({
  suite: { name: "risk-core", version: "2026Q4" },
  evaluatedAt: "2026-11-01T12:00:00+01:00",
  results: [{ task: "loans", metric: "auc", value: 0.91, higherIsBetter: true, n: 100, slice: null }],
  ...changes,
});

describe("eval: JSON in the shape of the predicate", () => {
  it("fills in what only the reader knows", () => {
    const { evidence, ...rest } = read(plain());
    expect(evidence.map(({ name }) => name)).toEqual(["results.json"]);
    expect(rest).toEqual({
      suite: { name: "risk-core", version: "2026Q4" },
      evaluatedAt: "2026-11-01T11:00:00Z",
      environment: "offline",
      origin: "imported",
      partial: false,
      claims: [],
      results: [{ task: "loans", metric: "auc", value: "0.91", higherIsBetter: true, n: 100 }],
    });
  });

  it("keeps what the file says", () => {
    const stated = {
      origin: "executed",
      environment: "canary",
      partial: true,
      claims: [{ metric: "loans.auc", comparator: ">=", threshold: "0.9", passed: true }],
      harness: { name: "own", version: "2" },
    };
    expect(read(plain(stated))).toMatchObject(stated);
  });

  const result = (changes: Record<string, unknown>) => plain({ results: [{ ...plain().results[0], ...changes }] });
  it.each([
    ["an unknown key", plain({ reslts: [] }), /Unrecognized key/],
    ["a typo in a result", result({ vlaue: "1" }), /Unrecognized key/],
    ["no direction", result({ higherIsBetter: undefined }), /higherIsBetter/],
    ["a value that is not finite", result({ value: "NaN" }), /value: "NaN" is not a finite/],
    ["a value with an exponent beyond reason", result({ value: "1e200" }), /not a finite decimal/],
    ["no results", plain({ results: [] }), /results/],
    [
      "two results of one name",
      plain({ results: [...plain().results, ...plain().results] }),
      /loans.auc is there twice/,
    ],
    [
      "two names that look the same",
      plain({
        results: [
          { task: "a.b", metric: "c", value: "1", higherIsBetter: true },
          { task: "a", metric: "b.c", value: "1", higherIsBetter: true },
        ],
      }),
      /a.b.c is there twice/,
    ],
    [
      "a claim that its result contradicts",
      plain({ claims: [{ metric: "loans.auc", comparator: ">", threshold: "0.91", passed: true }] }),
      /loans.auc > 0.91 is claimed to be true, but the result is 0.91/,
    ],
    [
      "a claim about nothing",
      plain({ claims: [{ metric: "loans.acc", comparator: ">", threshold: "0", passed: true }] }),
      /a claim about loans.acc, which is not among the results/,
    ],
    ["a local time", plain({ evaluatedAt: "2026-11-01T12:00:00" }), /is not a time/],
    [
      "a time in the future",
      plain({ evaluatedAt: "2026-11-20T12:06:00Z" }),
      /lies in the future, it is 2026-11-20T12:00:00Z/,
    ],
  ])("refuses %s", (_, content, message) => {
    refusedWith(() => read(content), "EVIDENCE_INVALID", message);
  });

  it("accepts the same metric once more for a slice", () => {
    const [overall] = plain().results;
    expect(read(plain({ results: [overall, { ...overall, slice: "age<25" }] })).results).toHaveLength(2);
  });

  it("refuses another environment than the caller's", () => {
    const work = () => read(plain({ environment: "offline" }), { environment: "canary" });
    refusedWith(work, "EVIDENCE_INVALID", /says environment "offline", but canary was asked for/);
  });

  it.each([
    ["suite", { suite: undefined }],
    ["evaluatedAt", { evaluatedAt: undefined }],
  ])("says that %s is missing", (field, changes) => {
    const error = refusedWith(() => read(plain(changes)), "EVIDENCE_INCOMPLETE", /it lacks/);
    expect(error.missing).toEqual([field]);
  });

  it.each([
    ["another tool's JSON", { accuracy: "0.9 or so" }],
    ["an array", [1]],
  ])("says what it accepts when given %s", (_, content) => {
    refusedWith(() => read(content), "FORMAT_UNKNOWN", /results.json: .*expected/);
  });
});
